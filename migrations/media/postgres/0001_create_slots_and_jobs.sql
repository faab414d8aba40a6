CREATE TABLE slot (
  id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 32),
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 128),
  provider text,
  operation text NOT NULL
    CHECK (operation IN ('image_edit', 'style_transfer', 'identity_transfer')),
  settings_json json NOT NULL,
  size_limit_mb integer NOT NULL CHECK (size_limit_mb BETWEEN 1 AND 2048),
  is_active boolean NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  updated_by text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE job_history (
  id text COLLATE "C" PRIMARY KEY,
  slot_id text COLLATE "C" NOT NULL REFERENCES slot,
  source text NOT NULL CHECK (source IN ('ingest', 'ui_test')),
  status text NOT NULL CHECK (status IN ('pending', 'done', 'timeout', 'failed')),
  failure_reason text,
  provider text,
  started_at timestamptz NOT NULL,
  sync_deadline timestamptz NOT NULL,
  completed_at timestamptz,
  duration_ms integer CHECK (duration_ms >= 0),
  request_sha256 text,
  result_media_id text,
  result_expires_at timestamptz,
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
  key text COLLATE "C" PRIMARY KEY,
  job_id text COLLATE "C" NOT NULL UNIQUE REFERENCES job_history,
  request_hash text NOT NULL
);

CREATE TABLE media_object (
  id text COLLATE "C" PRIMARY KEY,
  job_id text COLLATE "C" REFERENCES job_history,
  slot_id text COLLATE "C" NOT NULL REFERENCES slot,
  scope text NOT NULL CHECK (scope IN ('temp', 'provider', 'result', 'template')),
  path text COLLATE "C" NOT NULL,
  content_type text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  sha256 text NOT NULL,
  expires_at timestamptz,
  cleaned_at timestamptz,
  CHECK ((scope = 'template') = (job_id IS NULL))
);
CREATE INDEX media_object_by_job ON media_object (job_id);
CREATE INDEX media_object_expiring ON media_object (expires_at, id) WHERE cleaned_at IS NULL;
CREATE INDEX media_object_expiring_by_slot
  ON media_object (slot_id, expires_at, id) WHERE cleaned_at IS NULL;
CREATE UNIQUE INDEX media_object_one_live_path ON media_object (path) WHERE cleaned_at IS NULL;
CREATE INDEX media_object_live_bytes ON media_object (scope, bytes) WHERE cleaned_at IS NULL;

CREATE TABLE slot_template_media (
  id text COLLATE "C" PRIMARY KEY,
  slot_id text COLLATE "C" NOT NULL REFERENCES slot,
  media_kind text NOT NULL,
  media_object_id text COLLATE "C" NOT NULL UNIQUE REFERENCES media_object,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX slot_template_media_by_slot ON slot_template_media (slot_id, created_at, id);

CREATE TABLE settings (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  updated_at timestamptz NOT NULL,
  updated_by text
);

-- The first answers to requests with an Idempotency-Key, but for photos, whose jobs have keys of their own.
CREATE TABLE media_request_keys (
  idempotency_key text PRIMARY KEY,
  request_hash text NOT NULL,
  answer text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX media_request_keys_by_created ON media_request_keys (created_at, idempotency_key);
