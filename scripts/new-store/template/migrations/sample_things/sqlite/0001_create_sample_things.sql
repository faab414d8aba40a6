CREATE TABLE sample_things (
  sample_thing_id TEXT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX sample_things_by_created ON sample_things (created_at DESC, sample_thing_id DESC);
