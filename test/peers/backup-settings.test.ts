import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { openSession } from '../../src/backup/postgres/session.js';
import { backupsIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { documentOf } from '../support/migrate.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { execute } from '../support/program.js';
import { poolSettings, postgresSettings } from '../support/settings.js';

const { later, temporaryFolder } = cleanup();

let server: PostgresServer;
let source: TestDatabase;
let target: TestDatabase;
let out: string;

/** Values that settings write, or read, in other ways. */
const VALUES = String.raw`
CREATE TABLE kinds (id int PRIMARY KEY, at timestamptz DEFAULT '2026-02-03 04:05Z', day date DEFAULT '2026-02-03', pause interval DEFAULT '-1 day 02:00', bytes bytea DEFAULT '\x00ff',
  number float8, texts text[], note text CONSTRAINT slashed CHECK (note <> E'a\\b''c'), doc xml);
INSERT INTO kinds VALUES (1, DEFAULT, DEFAULT, DEFAULT, DEFAULT, 0.1::float8 + 0.2, '{NULL,"NULL",a}', E'\\n', '<a/>'), (2, 'infinity', '-infinity', '1 mon -3 days +00:00:01', '', 'NaN', NULL, NULL, 'b<c/>');
CREATE VIEW seen AS SELECT id FROM kinds WHERE at > '2026-01-02 00:00Z' AND day > '2026-01-02' AND pause < '1 day -1 hour' AND bytes <> '\x01' AND number > 0.30000000000000004;
CREATE TABLE parts (at timestamptz) PARTITION BY RANGE (at); CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('2026-01-01 00:00Z') TO ('2027-01-01 00:00Z');
INSERT INTO parts VALUES ('2026-05-05 00:00Z')`;

beforeAll(async () => {
  server = await startInstalledServer();
  source = await createDatabase(server.url);
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
  await source.query(VALUES);
}, 60_000);
afterAll(() => server.remove());

beforeEach(async () => {
  out = join(temporaryFolder(), 'backups');
  target = await createDatabase(server.url);
  later(() => target.drop());
});

const cli = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  execute('cli.js', args, {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'test',
    DATABASE_URL: source.url,
    BACKUP_DIR: out,
    ...more,
  });

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

async function onServer(sql: string): Promise<void> {
  const database = await createDatabase(server.url);
  await database.query(sql).finally(() => database.drop());
}

/** Until the end of a test. @param whose such as `DATABASE name` */
async function set(whose: string, name: string, value: string): Promise<void> {
  later(() => onServer(`ALTER ${whose} RESET ${name}`));
  await onServer(`ALTER ${whose} SET ${name} = ${value}`);
}

describe('what is set for a database or a role', () => {
  it.each([
    ['default_transaction_read_only', 'on', 'on'],
    ['default_transaction_isolation', 'serializable', 'serializable'],
    ['default_transaction_deferrable', 'on', 'on'],
    ['statement_timeout', "'20ms'", '20ms'],
    ['lock_timeout', "'1ms'", '1ms'],
    ['idle_in_transaction_session_timeout', "'5ms'", '5ms'],
    ['idle_session_timeout', "'100ms'", '100ms'],
    ['search_path', 'nowhere', 'nowhere'],
    ['DateStyle', "'SQL, DMY'", 'SQL, DMY'],
    ['IntervalStyle', 'sql_standard', 'sql_standard'],
    ['TimeZone', "'America/New_York'", 'America/New_York'],
    ['bytea_output', 'escape', 'escape'],
    ['extra_float_digits', '-15', '-15'],
    ['standard_conforming_strings', 'off', 'off'],
    ['array_nulls', 'off', 'off'],
    ['xmloption', 'document', 'document'],
    ['quote_all_identifiers', 'on', 'on'],
    ['row_security', 'off', 'off'],
    ['session_replication_role', 'replica', 'replica'],
    ['client_encoding', 'LATIN1', 'latin1'],
    ['check_function_bodies', 'on', 'on'],
    ['transform_null_equals', 'on', 'on'],
  ])('is in no way of a backup, its proof and a restore: %s = %s', async (name, value, shown) => {
    await set(`DATABASE ${nameOf(source)}`, name, value);
    expect(await cli(['backup', '--verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
    await set(`DATABASE ${nameOf(target)}`, name, value);
    const [made = ''] = backupsIn(out);
    const restored = await cli(['restore', made, '--into', target.url, '--json']);
    expect(documentOf(restored)).toMatchObject({
      notes: expect.not.arrayContaining([expect.stringContaining('RESTORE_DATABASE_DIFFERS')]),
    });
    expect(await settingsOf(target)).toEqual([`${name}=${shown}`]);
  });

  it.each([
    ['default_transaction_read_only', 'on'],
    ['idle_session_timeout', "'100ms'"],
    ['standard_conforming_strings', 'off'],
  ])('is in none where it is a role: %s = %s', async (name, value) => {
    await onServer("CREATE ROLE maker LOGIN SUPERUSER PASSWORD 'maker'");
    later(() => onServer('DROP OWNED BY maker; DROP ROLE maker'));
    await set('ROLE maker', name, value);
    const url = new URL(source.url);
    url.username = url.password = 'maker';
    expect(await cli(['backup', '--verify'], { DATABASE_URL: url.href })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
    expect(manifestIn(backupsIn(out)[0] ?? '').verified_at).not.toBeNull();
  });

  it('bounds no session of a later server in its time', async () => {
    const other = await createDatabase();
    later(() => other.drop());
    await other.query(
      `ALTER DATABASE ${nameOf(other)} SET transaction_timeout = '100ms'; ALTER DATABASE ${nameOf(other)} SET idle_session_timeout = '100ms'`,
    );
    const settings = { pool: poolSettings(), migrationLockTimeoutSeconds: 5 };
    const client = await openSession(postgresSettings(other.url), settings, 'backup');
    try {
      await client.query('BEGIN; SELECT pg_sleep(0.3); COMMIT');
      await wait(300);
      expect(await client.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
    } finally {
      destroyClient(client);
    }
  });

  it('is named where it makes a session act as another role, which may not do that', async () => {
    await onServer("CREATE ROLE lesser; CREATE ROLE login LOGIN SUPERUSER PASSWORD 'login'");
    const grant = (rights: string) => source.query(`SET role none; GRANT ${rights} TO lesser`);
    later(async () => {
      await source.query('SET role none; DROP OWNED BY lesser');
      await onServer('DROP ROLE lesser; DROP ROLE login');
    });
    const as = ({ url }: TestDatabase) => {
      const given = new URL(url);
      given.username = given.password = 'login';
      return given.href;
    };
    expect(await cli(['backup'])).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    await set(`DATABASE ${nameOf(source)}`, 'role', 'lesser');
    await set(`DATABASE ${nameOf(target)}`, 'role', 'lesser');
    const cause = 'the session of login acts as lesser, as ALTER DATABASE or ALTER ROLE … SET role';
    expect(await cli(['backup'], { DATABASE_URL: as(source) })).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(new RegExp(`POSTGRES_RIGHTS_MISSING[^]*${cause}`)),
    });
    await grant('SELECT ON holdfast_migrations, holdfast_identity');
    expect(await cli(['backup'], { DATABASE_URL: as(source) })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`BACKUP_FAILED[^]*${cause}`)),
    });
    expect(await cli(['restore', made, '--into', as(target)])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`RESTORE_FAILED[^]*${cause}`)),
    });
    await grant('SELECT ON ALL TABLES IN SCHEMA public');
    expect(await cli(['backup', '--verify'], { DATABASE_URL: as(source) })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`BACKUP_SCRATCH_REFUSED[^]*${cause}`)),
    });
  });
});

async function settingsOf(database: TestDatabase): Promise<readonly string[]> {
  const [row] = await source.query<{ settings: string[] }>(
    'SELECT setconfig AS settings FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = $1',
    [nameOf(database)],
  );
  return row?.settings ?? [];
}
