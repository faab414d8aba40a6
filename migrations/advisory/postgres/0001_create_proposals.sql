CREATE TABLE proposal_records (
  proposal_id text COLLATE "C" PRIMARY KEY,
  portfolio_id text NOT NULL,
  mandate_id text,
  jurisdiction text,
  title text,
  advisor_notes text,
  created_by text NOT NULL,
  current_state text NOT NULL,
  current_version_no integer NOT NULL,
  revision integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
-- A list's index is in the order of the list. What stands behind the identifier are other filters: a
-- row that differs is passed over in the index, without a visit to the table.
CREATE INDEX proposal_records_by_created ON proposal_records (created_at DESC, proposal_id DESC);
CREATE INDEX proposal_records_by_portfolio
  ON proposal_records (portfolio_id, created_at DESC, proposal_id DESC, current_state, created_by);
CREATE INDEX proposal_records_by_state
  ON proposal_records (current_state, created_at DESC, proposal_id DESC);
CREATE INDEX proposal_records_by_creator
  ON proposal_records (created_by, created_at DESC, proposal_id DESC, current_state);

CREATE TABLE proposal_versions (
  proposal_id text COLLATE "C" NOT NULL REFERENCES proposal_records,
  version_no integer NOT NULL,
  document json NOT NULL,
  document_hash text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (proposal_id, version_no)
);

CREATE TABLE proposal_idempotency (
  idempotency_key text PRIMARY KEY,
  request_hash text NOT NULL,
  proposal_id text COLLATE "C" NOT NULL REFERENCES proposal_records DEFERRABLE INITIALLY DEFERRED,
  created_at timestamptz NOT NULL
);
