CREATE TABLE proposal_workflow_events (
  event_id TEXT NOT NULL PRIMARY KEY,
  proposal_id TEXT NOT NULL REFERENCES proposal_records (proposal_id),
  sequence_no INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  from_state TEXT,
  to_state TEXT NOT NULL,
  version_no INTEGER NOT NULL,
  actor_id TEXT NOT NULL,
  reason TEXT,
  occurred_at TEXT NOT NULL,
  UNIQUE (proposal_id, sequence_no)
);

CREATE TABLE proposal_approvals (
  approval_id TEXT NOT NULL PRIMARY KEY,
  proposal_id TEXT NOT NULL REFERENCES proposal_records (proposal_id),
  sequence_no INTEGER NOT NULL,
  approval_type TEXT NOT NULL,
  approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
  version_no INTEGER NOT NULL,
  actor_id TEXT NOT NULL,
  comment TEXT,
  occurred_at TEXT NOT NULL,
  UNIQUE (proposal_id, sequence_no)
);

CREATE TABLE proposal_async_operations (
  operation_id TEXT NOT NULL PRIMARY KEY,
  operation_type TEXT NOT NULL,
  status TEXT NOT NULL,
  correlation_id TEXT NOT NULL UNIQUE,
  idempotency_key TEXT,
  proposal_id TEXT REFERENCES proposal_records (proposal_id),
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  result TEXT,
  error TEXT
);
