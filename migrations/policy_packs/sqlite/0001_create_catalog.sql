CREATE TABLE policy_packs (
  policy_pack_id TEXT NOT NULL PRIMARY KEY,
  applies_to TEXT NOT NULL,
  target_id TEXT,
  version TEXT NOT NULL,
  definition TEXT NOT NULL,
  revision INTEGER NOT NULL,
  entity_tag TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CHECK ((applies_to = 'DEFAULT') = (target_id IS NULL))
);
CREATE UNIQUE INDEX policy_packs_by_target ON policy_packs (target_id, applies_to);
CREATE UNIQUE INDEX policy_packs_one_default ON policy_packs (applies_to) WHERE target_id IS NULL;
CREATE INDEX policy_packs_by_created ON policy_packs (created_at DESC, policy_pack_id DESC);
CREATE INDEX policy_packs_by_scope
  ON policy_packs (applies_to, created_at DESC, policy_pack_id DESC);
