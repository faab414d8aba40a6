CREATE TABLE proposal_workflow_events (
  event_id text PRIMARY KEY,
  proposal_id text COLLATE "C" NOT NULL REFERENCES proposal_records,
  sequence_no integer NOT NULL,
  event_type text NOT NULL,
  from_state text,
  to_state text NOT NULL,
  version_no integer NOT NULL,
  actor_id text NOT NULL,
  reason text,
  occurred_at timestamptz NOT NULL,
  UNIQUE (proposal_id, sequence_no)
);

CREATE TABLE proposal_approvals (
  approval_id text PRIMARY KEY,
  proposal_id text COLLATE "C" NOT NULL REFERENCES proposal_records,
  sequence_no integer NOT NULL,
  approval_type text NOT NULL,
  approved boolean NOT NULL,
  version_no integer NOT NULL,
  actor_id text NOT NULL,
  comment text,
  occurred_at timestamptz NOT NULL,
  UNIQUE (proposal_id, sequence_no)
);

CREATE TABLE proposal_async_operations (
  operation_id text PRIMARY KEY,
  operation_type text NOT NULL,
  status text NOT NULL,
  correlation_id text NOT NULL UNIQUE,
  idempotency_key text,
  proposal_id text COLLATE "C" REFERENCES proposal_records,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  result json,
  error json
);
