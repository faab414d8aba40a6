CREATE TABLE dpm_async_operations (
  operation_id TEXT NOT NULL PRIMARY KEY,
  operation_type TEXT NOT NULL,
  status TEXT NOT NULL,
  correlation_id TEXT NOT NULL UNIQUE,
  rebalance_run_id TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  result TEXT,
  error TEXT
);
CREATE INDEX dpm_async_operations_by_created
  ON dpm_async_operations (created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_type
  ON dpm_async_operations (operation_type, created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_status
  ON dpm_async_operations (status, created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_type_and_status
  ON dpm_async_operations (operation_type, status, created_at DESC, operation_id DESC);
CREATE INDEX dpm_async_operations_by_run
  ON dpm_async_operations (rebalance_run_id, created_at DESC, operation_id DESC)
  WHERE rebalance_run_id IS NOT NULL;
CREATE INDEX dpm_async_operations_by_finished
  ON dpm_async_operations (finished_at, operation_id) WHERE finished_at IS NOT NULL;

CREATE TABLE dpm_lineage_edges (
  edge_id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  edge_type TEXT NOT NULL,
  target TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (source, edge_type, target)
);
CREATE INDEX dpm_lineage_edges_by_source ON dpm_lineage_edges (source, created_at, edge_id);
CREATE INDEX dpm_lineage_edges_by_target ON dpm_lineage_edges (target, created_at, edge_id);
CREATE INDEX dpm_lineage_edges_by_created ON dpm_lineage_edges (created_at, edge_id);

CREATE TABLE dpm_leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at TEXT NOT NULL
);
