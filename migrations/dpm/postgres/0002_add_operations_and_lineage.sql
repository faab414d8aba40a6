CREATE TABLE dpm_async_operations (
  operation_id text COLLATE "C" PRIMARY KEY,
  operation_type text NOT NULL,
  status text NOT NULL,
  correlation_id text NOT NULL UNIQUE,
  rebalance_run_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  result json,
  error json
);
CREATE INDEX dpm_async_operations_by_created
  ON dpm_async_operations (created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_type
  ON dpm_async_operations (operation_type, created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_status
  ON dpm_async_operations (status, created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_type_and_status
  ON dpm_async_operations (operation_type, status, created_at DESC, operation_id DESC);
-- Two frequent values may never meet: the planner has to know.
CREATE STATISTICS dpm_async_operations_of_type_and_status (mcv)
  ON operation_type, status FROM dpm_async_operations;
CREATE INDEX dpm_async_operations_by_run
  ON dpm_async_operations (rebalance_run_id, created_at DESC, operation_id DESC)
  WHERE rebalance_run_id IS NOT NULL;
CREATE INDEX dpm_async_operations_by_finished
  ON dpm_async_operations (finished_at, operation_id) WHERE finished_at IS NOT NULL;

CREATE TABLE dpm_lineage_edges (
  edge_id text COLLATE "C" PRIMARY KEY,
  source text NOT NULL,
  edge_type text NOT NULL,
  target text NOT NULL,
  metadata json NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (source, edge_type, target)
);
CREATE INDEX dpm_lineage_edges_by_source ON dpm_lineage_edges (source, created_at, edge_id);
CREATE INDEX dpm_lineage_edges_by_target ON dpm_lineage_edges (target, created_at, edge_id);
CREATE INDEX dpm_lineage_edges_by_created ON dpm_lineage_edges (created_at, edge_id);

CREATE TABLE dpm_leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL
);
