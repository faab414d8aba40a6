CREATE TABLE dpm_runs (
  rebalance_run_id TEXT NOT NULL PRIMARY KEY,
  correlation_id TEXT NOT NULL UNIQUE,
  request_hash TEXT NOT NULL,
  portfolio_id TEXT NOT NULL,
  status TEXT NOT NULL,
  result TEXT NOT NULL,
  decisions_count INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
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
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  body_hash TEXT NOT NULL,
  rebalance_run_id TEXT NOT NULL
    REFERENCES dpm_runs (rebalance_run_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  uses INTEGER NOT NULL
);
CREATE INDEX dpm_run_idempotency_by_run ON dpm_run_idempotency (rebalance_run_id);

CREATE TABLE dpm_run_idempotency_history (
  idempotency_key TEXT NOT NULL REFERENCES dpm_run_idempotency (idempotency_key) ON DELETE CASCADE,
  use_no INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  PRIMARY KEY (idempotency_key, use_no)
);

CREATE TABLE dpm_workflow_decisions (
  decision_id TEXT NOT NULL PRIMARY KEY,
  rebalance_run_id TEXT NOT NULL REFERENCES dpm_runs (rebalance_run_id) ON DELETE CASCADE,
  sequence_no INTEGER NOT NULL,
  action TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  comment TEXT,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
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
