CREATE TABLE proposal_records (
  proposal_id TEXT NOT NULL PRIMARY KEY,
  portfolio_id TEXT NOT NULL,
  mandate_id TEXT,
  jurisdiction TEXT,
  title TEXT,
  advisor_notes TEXT,
  created_by TEXT NOT NULL,
  current_state TEXT NOT NULL,
  current_version_no INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
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
  proposal_id TEXT NOT NULL REFERENCES proposal_records (proposal_id),
  version_no INTEGER NOT NULL,
  document TEXT NOT NULL,
  document_hash TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (proposal_id, version_no)
);

CREATE TABLE proposal_idempotency (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  request_hash TEXT NOT NULL,
  proposal_id TEXT NOT NULL REFERENCES proposal_records (proposal_id) DEFERRABLE INITIALLY DEFERRED,
  created_at TEXT NOT NULL
);
