CREATE TABLE slot (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 32),
  display_name TEXT NOT NULL CHECK (length(display_name) BETWEEN 1 AND 128),
  provider TEXT,
  operation TEXT NOT NULL
    CHECK (operation IN ('image_edit', 'style_transfer', 'identity_transfer')),
  settings_json TEXT NOT NULL,
  size_limit_mb INTEGER NOT NULL CHECK (size_limit_mb BETWEEN 1 AND 2048),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  version INTEGER NOT NULL CHECK (version >= 1),
  updated_by TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);

CREATE TABLE job_history (
  id TEXT NOT NULL PRIMARY KEY,
  slot_id TEXT NOT NULL REFERENCES slot (id),
  source TEXT NOT NULL CHECK (source IN ('ingest', 'ui_test')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'timeout', 'failed')),
  failure_reason TEXT,
  provider TEXT,
  started_at TEXT NOT NULL,
  sync_deadline TEXT NOT NULL,
  completed_at TEXT,
  duration_ms INTEGER CHECK (duration_ms >= 0),
  request_sha256 TEXT,
  result_media_id TEXT,
  result_expires_at TEXT,
  CHECK ((status = 'pending') = (completed_at IS NULL)),
  CHECK ((status = 'pending') = (duration_ms IS NULL)),
  CHECK ((status = 'done') = (result_media_id IS NOT NULL)),
  CHECK ((status = 'done') = (result_expires_at IS NOT NULL)),
  CHECK ((status IN ('timeout', 'failed')) = (failure_reason IS NOT NULL))
);
CREATE INDEX job_history_by_slot ON job_history (slot_id, started_at DESC, id DESC);
CREATE INDEX job_history_results
  ON job_history (slot_id, started_at DESC, id DESC, result_expires_at) WHERE result_media_id IS NOT NULL;
CREATE INDEX job_history_pending ON job_history (sync_deadline, id) WHERE completed_at IS NULL;
CREATE INDEX job_history_by_start ON job_history (started_at DESC, id DESC);
CREATE INDEX job_history_failures
  ON job_history (started_at DESC, id DESC) WHERE failure_reason IS NOT NULL;
CREATE INDEX job_history_failures_by_slot
  ON job_history (slot_id, started_at DESC, id DESC) WHERE failure_reason IS NOT NULL;

CREATE TABLE job_key (
  key TEXT NOT NULL PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE REFERENCES job_history (id),
  request_hash TEXT NOT NULL
);

CREATE TABLE media_object (
  id TEXT NOT NULL PRIMARY KEY,
  job_id TEXT REFERENCES job_history (id),
  slot_id TEXT NOT NULL REFERENCES slot (id),
  scope TEXT NOT NULL CHECK (scope IN ('temp', 'provider', 'result', 'template')),
  path TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  sha256 TEXT NOT NULL,
  expires_at TEXT,
  cleaned_at TEXT,
  CHECK ((scope = 'template') = (job_id IS NULL))
);
CREATE INDEX media_object_by_job ON media_object (job_id);
CREATE INDEX media_object_expiring ON media_object (expires_at, id) WHERE cleaned_at IS NULL;
CREATE INDEX media_object_expiring_by_slot
  ON media_object (slot_id, expires_at, id) WHERE cleaned_at IS NULL;
CREATE UNIQUE INDEX media_object_one_live_path ON media_object (path) WHERE cleaned_at IS NULL;
CREATE INDEX media_object_live_bytes ON media_object (scope, bytes) WHERE cleaned_at IS NULL;

CREATE TABLE slot_template_media (
  id TEXT NOT NULL PRIMARY KEY,
  slot_id TEXT NOT NULL REFERENCES slot (id),
  media_kind TEXT NOT NULL,
  media_object_id TEXT NOT NULL UNIQUE REFERENCES media_object (id),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX slot_template_media_by_slot ON slot_template_media (slot_id, created_at, id);

CREATE TABLE settings (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  updated_at TEXT NOT NULL,
  updated_by TEXT
);

-- The first answers to requests with an Idempotency-Key, but for photos, whose jobs have keys of their own.
CREATE TABLE media_request_keys (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX media_request_keys_by_created ON media_request_keys (created_at, idempotency_key);
