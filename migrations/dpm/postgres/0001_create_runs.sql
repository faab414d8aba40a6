CREATE TABLE dpm_runs (
  rebalance_run_id text COLLATE "C" PRIMARY KEY,
  correlation_id text NOT NULL UNIQUE,
  request_hash text NOT NULL,
  portfolio_id text NOT NULL,
  status text NOT NULL,
  result json NOT NULL,
  decisions_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL
);
-- A list's index is in the order of the list. What stands behind the identifier are other filters: a
-- row that differs is passed over in the index, without a visit to the table.
CREATE INDEX dpm_runs_by_created ON dpm_runs (created_at DESC, rebalance_run_id DESC);
CREATE INDEX dpm_runs_by_portfolio
  ON dpm_runs (portfolio_id, created_at DESC, rebalance_run_id DESC, status);
CREATE INDEX dpm_runs_by_status ON dpm_runs (status, created_at DESC, rebalance_run_id DESC);
CREATE INDEX dpm_runs_by_request
  ON dpm_runs (request_hash, created_at DESC, rebalance_run_id DESC, status, portfolio_id);

CREATE TABLE dpm_run_idempotency (
  idempotency_key text PRIMARY KEY,
  body_hash text NOT NULL,
  rebalance_run_id text COLLATE "C" NOT NULL
    REFERENCES dpm_runs ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  uses integer NOT NULL
);
CREATE INDEX dpm_run_idempotency_by_run ON dpm_run_idempotency (rebalance_run_id);

CREATE TABLE dpm_run_idempotency_history (
  idempotency_key text NOT NULL REFERENCES dpm_run_idempotency ON DELETE CASCADE,
  use_no integer NOT NULL,
  outcome text NOT NULL,
  body_hash text NOT NULL,
  correlation_id text NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (idempotency_key, use_no)
);

CREATE TABLE dpm_workflow_decisions (
  decision_id text COLLATE "C" PRIMARY KEY,
  rebalance_run_id text COLLATE "C" NOT NULL REFERENCES dpm_runs ON DELETE CASCADE,
  sequence_no integer NOT NULL,
  action text NOT NULL,
  reason_code text NOT NULL,
  comment text,
  actor_id text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (rebalance_run_id, sequence_no)
);
CREATE INDEX dpm_workflow_decisions_by_created
  ON dpm_workflow_decisions (created_at DESC, decision_id DESC);
CREATE INDEX dpm_workflow_decisions_by_action
  ON dpm_workflow_decisions (action, created_at DESC, decision_id DESC);
CREATE INDEX dpm_workflow_decisions_by_actor
  ON dpm_workflow_decisions (actor_id, created_at DESC, decision_id DESC, action, reason_code);
CREATE INDEX dpm_workflow_decisions_by_reason
  ON dpm_workflow_decisions (reason_code, created_at DESC, decision_id DESC);
CREATE INDEX dpm_workflow_decisions_by_reason_and_action
  ON dpm_workflow_decisions (reason_code, action, created_at DESC, decision_id DESC);
-- Two frequent values may never meet: the planner has to know.
CREATE STATISTICS dpm_workflow_decisions_of_reason_and_action (mcv)
  ON reason_code, action FROM dpm_workflow_decisions;
