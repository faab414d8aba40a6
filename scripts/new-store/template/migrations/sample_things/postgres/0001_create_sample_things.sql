CREATE TABLE sample_things (
  sample_thing_id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX sample_things_by_created ON sample_things (created_at DESC, sample_thing_id DESC);
