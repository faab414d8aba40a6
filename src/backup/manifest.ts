import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ReasonError } from './backup.reasons.js';

const text = z.string();
const time = z.iso.datetime();
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Of rows, whatever their order: as `holdfast copy` compares them. */
const digest = z.string().regex(/^[0-9a-f]{32}$/);

/** A name in the folder itself: a manifest leads nowhere else. */
const fileName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/);

const table = z.strictObject({ schema: text, name: text, rows: count, digest });

/** Where it went on when the backup began; null before it gave a number. */
const sequence = z.strictObject({ schema: text, name: text, last: text.nullable() });

/** Where it was before the dump, and after it: `5`, or `5 next` before that number is given. */
const sequenceValue = z.strictObject({
  schema: text,
  name: text,
  way: z.enum(['up', 'down', 'round']),
  began_at: text,
  ended_at: text,
});

const ledgerEntry = z.strictObject({ store: text, version: text, name: text, checksum: text });

const common = {
  name: text,
  stores: z.array(text),
  file: fileName,
  ledger: z.array(ledgerEntry),
  tables: z.array(table),
  /** By what is defined, the digest of its definition. */
  definitions: z.record(text, sha256),
};

const locale = z.strictObject({
  encoding: text,
  /** `c`, `i` for ICU, `b` for the server's own. */
  provider: text,
  collate: text,
  ctype: text,
  /** Null where the system's library is the provider. */
  locale: text.nullable(),
});

/** What is optional is not in backups of older builds. */
const postgres = z.strictObject({
  ...common,
  type: z.literal('postgresql'),
  server_version: text,
  tool_version: text,
  database: text,
  locale,
  identity: z.strictObject({ cluster: text.nullable(), database: text }).nullable(),
  sequences: z.array(sequence),
  sequence_values: z.array(sequenceValue).optional(),
  large_objects: count,
  /** Of what is in them. */
  large_objects_digest: sha256.optional(),
  /** By names, versions and names. */
  extensions: z.record(text, text).optional(),
  /** Of tables and indexes that are not in the database's own. */
  tablespaces: z.record(text, text).optional(),
  /** Of what is told of them, without how they reach another server; not where no superuser makes the backup. */
  subscriptions: z.record(text, sha256).optional(),
  /** The same of what pg_dump writes beside those, where it is not as by default; not in backups of older builds. */
  properties: z.record(text, sha256).optional(),
  owners: z.array(text),
  grantees: z.array(text),
  /** By what they are given on, the rights of others than its owner; not in backups of older builds. */
  rights: z.record(text, z.array(text)).optional(),
  /** Of the database itself, or of a role in it; null for a value that may be a secret; not in backups of older builds. */
  settings: z.record(text, text.nullable()).optional(),
});

const sqlite = z.strictObject({
  ...common,
  type: z.literal('sqlite'),
  library_version: text,
  /** By which files are told apart; null where no migration was applied; not in backups of older builds. */
  first_migrated_at: text.nullable().optional(),
});

/** How a file is encrypted, for whom, and what it was before. */
const encryption = z.strictObject({
  format: z.literal('age'),
  recipients: z.array(text).min(1),
  plain_bytes: count,
  plain_sha256: sha256,
});

const file = z.strictObject({
  name: fileName,
  kind: z.enum(['pg_dump', 'sqlite', 'media']),
  /** Both of what is on the disk. */
  bytes: count,
  sha256,
  encryption: encryption.optional(),
});

/** The files of the media store, in one archive. */
const media = z.strictObject({
  /** That has their rows. */
  database: text,
  file: fileName,
  files: count,
  bytes: count,
  /** Of the names, sizes and checksums of all of them, by which rows and files are compared. */
  digest: sha256,
  /** Names of files that were cleaned away after the rows were read, and are not in the archive. */
  removed_meanwhile: z.array(text),
});

const Manifest = z.strictObject({
  format: z.literal('holdfast-backup/1'),
  id: text,
  began_at: time,
  ended_at: time,
  build: z.strictObject({ name: text, version: text, commit: text.nullable(), node: text }),
  profile: text,
  environment: text.nullable(),
  databases: z.array(z.discriminatedUnion('type', [postgres, sqlite])).min(1),
  files: z.array(file).min(1),
  media: media.optional(),
  /** When a restore of it was compared with it; null before that. */
  verified_at: time.nullable(),
});

/** What is known of a backup: all that a restore is compared with. */
export type Manifest = z.infer<typeof Manifest>;
export type BackedUpDatabase = Manifest['databases'][number];
export type PostgresBackup = Extract<BackedUpDatabase, { type: 'postgresql' }>;
export type SqliteBackup = Extract<BackedUpDatabase, { type: 'sqlite' }>;
export type BackedUpTable = z.infer<typeof table>;
export type BackupFile = z.infer<typeof file>;
export type BackedUpMedia = z.infer<typeof media>;

/** With its own checksum behind it. */
export function manifestText(manifest: Manifest): string {
  const ordered = Manifest.parse(manifest);
  const sha256 = createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
  return `${JSON.stringify({ ...ordered, sha256 }, null, 2)}\n`;
}

/**
 * Takes only what `manifestText` writes, byte for byte.
 * @throws BACKUP_INVALID
 */
export function parseManifest(text: string): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw invalid('manifest.json is no JSON', cause);
  }
  const { sha256: _, ...rest } = (document ?? {}) as Record<string, unknown>;
  const { success, data, error } = Manifest.safeParse(rest);
  if (!success) {
    const place = error.issues[0]?.path.join('.') ?? '';
    throw invalid(`manifest.json is none of this build${place === '' ? '' : `, at ${place}`}`);
  }
  if (manifestText(data) !== text) throw invalid('manifest.json has been changed');
  return data;
}

function invalid(detail: string, cause?: unknown): ReasonError {
  return new ReasonError('BACKUP_INVALID', { detail, cause });
}
