-- holdfast: backward-compatible
-- The first answers to requests with an Idempotency-Key, but for those that create what has a key of its own.
CREATE TABLE proposal_request_keys (
  idempotency_key text PRIMARY KEY,
  request_hash text NOT NULL,
  answer text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX proposal_request_keys_by_created ON proposal_request_keys (created_at, idempotency_key);
