-- Which process removes expired files.
CREATE TABLE media_leases (
  name text NOT NULL PRIMARY KEY,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL
);
