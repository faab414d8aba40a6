import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Manifest, manifestText, type PostgresBackup } from '../../src/backup/manifest.js';
import { backupsIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { documentOf } from '../support/migrate.js';
import { asking, toolsThat } from '../support/postgres-tools.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { execute } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

/** What a dump has beside rows and definitions. */
const BESIDE = `
CREATE EXTENSION citext VERSION '1.4';
CREATE SEQUENCE raised; SELECT setval('raised', 5); CREATE SEQUENCE lowered INCREMENT -1; SELECT setval('lowered', -5);
CREATE SEQUENCE round MINVALUE 1 MAXVALUE 9 CYCLE; SELECT setval('round', 5); CREATE SEQUENCE fresh;
CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY (START 40)); INSERT INTO counted DEFAULT VALUES;
SELECT lo_from_bytea(7000, 'a'), lo_create(7001), lo_from_bytea(7002, convert_to(repeat('0123456789abcdef', 40000), 'UTF8'));
SELECT lo_put(7003, 1000000, 'far') FROM lo_create(7003); SELECT lo_from_bytea(7004, convert_to(repeat('x', 262144), 'UTF8'));
CREATE TABLE placed (a int PRIMARY KEY) TABLESPACE apart; CREATE INDEX placed_too ON counted (id) TABLESPACE apart;
CREATE MATERIALIZED VIEW placed_view TABLESPACE apart AS SELECT 1 AS a; CREATE TABLE parts (a int) PARTITION BY LIST (a) TABLESPACE apart;
CREATE SUBSCRIPTION far CONNECTION 'host=nowhere.invalid password=marzipan' PUBLICATION one, two WITH (connect = false, slot_name = 'there')`;

let server: PostgresServer;
let source: TestDatabase;
let out: string;

beforeAll(async () => {
  server = await startInstalledServer();
  source = await createDatabase(server.url);
  await source.query('SET allow_in_place_tablespaces = on').catch(() => undefined);
  await source.query('ALTER ROLE postgres SET allow_in_place_tablespaces = on');
  await source.query("CREATE TABLESPACE apart LOCATION ''");
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
  for (const sql of BESIDE.split(/;\s/)) await source.query(sql);
}, 60_000);
afterAll(() => server.remove());

beforeEach(() => {
  out = join(temporaryFolder(), 'backups');
});

const cli = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  execute('cli.js', args, {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'test',
    DATABASE_URL: source.url,
    BACKUP_DIR: out,
    ...more,
  });

async function backup(): Promise<string> {
  expect(await cli(['backup'])).toMatchObject({ code: 0 });
  return backupsIn(out).at(-1) ?? '';
}

async function emptyDatabase(url = server.url): Promise<TestDatabase> {
  const made = await createDatabase(url);
  later(async () => {
    await made.query('ALTER SUBSCRIPTION far SET (slot_name = NONE)').catch(() => undefined);
    await made.query('DROP SUBSCRIPTION IF EXISTS far');
    await made.drop();
  });
  return made;
}

async function notesOf(made: string, target: TestDatabase): Promise<readonly string[]> {
  const { notes } = documentOf(await cli(['restore', made, '--into', target.url, '--json'])) as {
    readonly notes: readonly string[];
  };
  return notes;
}

const scratches = () =>
  source.query("SELECT datname FROM pg_database WHERE datname ~ '^holdfast_scratch'");

/** As a build has written it that knew less. */
function withoutFields(made: string, ...fields: readonly (keyof PostgresBackup)[]): void {
  const { sha256: _, ...manifest } = manifestIn(made) as Manifest & { readonly sha256: string };
  const databases = manifest.databases.map((database) => {
    const kept = Object.entries(database).filter(([field]) => !fields.includes(field as never));
    return Object.fromEntries(kept) as unknown as PostgresBackup;
  });
  writeFileSync(join(made, 'manifest.json'), manifestText({ ...manifest, databases }));
}

describe('what a dump has beside rows and definitions', () => {
  it('comes back, and no secret of it is in the manifest', async () => {
    const verified = await cli(['backup', '--verify']);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('Verified at') });
    expect(await scratches()).toEqual([]);
    const [made = ''] = backupsIn(out);
    expect(readFileSync(join(made, 'manifest.json'), 'utf8')).not.toContain('marzipan');
    expect(manifestIn(made).databases[0]).toMatchObject({
      sequence_values: expect.arrayContaining([
        { schema: 'public', name: 'fresh', way: 'up', began_at: '1 next', ended_at: '1 next' },
        { schema: 'public', name: 'lowered', way: 'down', began_at: '-5', ended_at: '-5' },
        { schema: 'public', name: 'round', way: 'round', began_at: '5', ended_at: '5' },
      ]),
      extensions: { citext: '1.4' },
      tablespaces: {
        'table public.placed': 'apart',
        'index public.placed_too': 'apart',
        'table public.placed_view': 'apart',
        'table public.parts': 'apart',
      },
      subscriptions: { 'subscription far': expect.any(String) },
    });
  });

  it.each([
    ['a sequence that goes up', "SELECT setval('raised', 6)", 'raised is at 6, not at 5'],
    ['one that goes down', "SELECT setval('lowered', -4)", 'lowered is at -4, not at -5'],
    ['one that goes round', "SELECT setval('round', 6)", 'round is at 6, not at 5'],
    ['whether it was given', "SELECT nextval('fresh')", 'fresh is at 1, not at 1 next'],
    [
      'that of a column',
      "SELECT setval('counted_id_seq', 41)",
      'counted_id_seq is at 41, not at 40',
    ],
    ['a byte', "SELECT lo_put(7002, 300000, '!')", 'what is in the large objects is not'],
    ['a byte in a small one', "SELECT lo_put(7000, 0, 'b')", 'what is in the large objects is not'],
    ['a byte more', "SELECT lo_put(7004, 262144, '!')", 'what is in the large objects is not'],
    [
      'the number of a large object',
      'SELECT lo_unlink(7001), lo_create(8000)',
      'what is in the large objects is not',
    ],
    [
      'the place of a table',
      'ALTER TABLE placed SET TABLESPACE pg_default',
      'the table public.placed is in the tablespace pg_default, and was in apart',
    ],
    [
      'that of an index',
      'ALTER INDEX placed_too SET TABLESPACE pg_default',
      'the index public.placed_too is in the tablespace pg_default, and was in apart',
    ],
    [
      'a subscription',
      'ALTER SUBSCRIPTION far SET (slot_name = NONE); DROP SUBSCRIPTION far',
      'subscription far is missing',
    ],
    ['an option of one', 'ALTER SUBSCRIPTION far SET (binary = true)', 'subscription far differs'],
    [
      'what it subscribes to',
      'ALTER SUBSCRIPTION far SET PUBLICATION one WITH (refresh = false)',
      'subscription far differs',
    ],
  ])('is another where %s is (%s)', async (_, sql, said) => {
    const tools = toolsThat(temporaryFolder(), { afterRestore: asking(sql) });
    expect(await cli(['backup', '--verify'], tools)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`RESTORE_MISMATCH[^]*${said}`)),
    });
    expect(await scratches()).toEqual([]);
  });

  it('may move while it is dumped', async () => {
    const moving = `SELECT nextval('raised'), nextval('lowered'), nextval('round'), nextval('fresh')`;
    const tools = toolsThat(temporaryFolder(), { beforeDump: asking(moving) });
    expect(await cli(['backup', '--verify'], tools)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
    await source.query(
      `SELECT setval('raised', 5), setval('lowered', -5), setval('round', 5), setval('fresh', 1, false)`,
    );
  });

  it('is not compared with a backup of an older build, which says nothing of it', async () => {
    const made = await backup();
    withoutFields(
      made,
      'sequence_values',
      'large_objects_digest',
      'extensions',
      'tablespaces',
      'subscriptions',
    );
    const change = `SELECT setval('lowered', -4), lo_put(7000, 0, 'b'); ALTER SUBSCRIPTION far SET (binary = true)`;
    const target = await emptyDatabase();
    const tools = toolsThat(temporaryFolder(), { afterRestore: asking(change) });
    expect(await cli(['restore', made, '--into', target.url], tools)).toMatchObject({ code: 0 });
  });
});

describe('the server that a backup is restored to', () => {
  it('is told to have another version of an extension', async () => {
    const code = 'RESTORE_DATABASE_DIFFERS';
    expect(await notesOf(await backup(), await emptyDatabase())).toContain(
      `${code}: the extension citext is of version 1.6, not 1.4`,
    );
    const target = await emptyDatabase();
    await target.query("CREATE EXTENSION citext VERSION '1.4'");
    expect(String(await notesOf(await backup(), target))).not.toContain(code);
  });

  it('need not have the tablespaces', async () => {
    const made = await backup();
    const other = await startInstalledServer();
    later(() => other.remove());
    const notes = await notesOf(made, await emptyDatabase(other.url));
    expect(notes).toContain('tablespaces are not restored: there is no tablespace apart');
    expect(await cli(['backup', '--verify'], { BACKUP_SCRATCH_URL: other.url })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
  });
});
