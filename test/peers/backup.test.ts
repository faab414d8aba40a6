import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { manifestText } from '../../src/backup/manifest.js';
import { backupsIn, isWhole, leftoversIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { relationsIn } from '../support/copy.js';
import { eventually } from '../support/eventually.js';
import { EVERYTHING } from '../support/everything.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { documentOf } from '../support/migrate.js';
import { startPooler } from '../support/pgbouncer.js';
import { asking, toolsThat } from '../support/postgres-tools.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { type Environment, execute, jsonLines, start } from '../support/program.js';
import { startService } from '../support/service.js';
import { mountTmpfs } from '../support/tmpfs.js';

const { later, temporaryFolder } = cleanup();

let server: PostgresServer;
let source: TestDatabase;
let folder: string;
let out: string;

beforeAll(async () => {
  server = await startInstalledServer();
}, 60_000);
afterAll(() => server.remove());

const environment = (more: Environment = {}): Environment => ({
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  APP_ENV: 'test',
  DATABASE_URL: source.url,
  BACKUP_DIR: out,
  ...more,
});
const cli = (args: readonly string[], more?: Environment) =>
  execute('cli.js', args, environment(more));

async function emptyDatabase(options = ''): Promise<TestDatabase> {
  const made = await createDatabase(server.url, options);
  later(() => made.drop());
  return made;
}

/** Random bytes, which no compression makes less of. */
const fill = (megabytes: number) =>
  source.query(
    `CREATE TABLE large AS SELECT i, (SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 270 + i * 0)) AS body
       FROM generate_series(1, ${megabytes * 100}) AS i`,
  );

beforeEach(async () => {
  source = await emptyDatabase();
  folder = temporaryFolder();
  out = join(folder, 'backups');
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
});

async function backup(): Promise<string> {
  expect(await cli(['backup'])).toMatchObject({ code: 0 });
  return backupsIn(out).at(-1) ?? '';
}

describe('holdfast backup and restore of a PostgreSQL database', () => {
  it('brings rows, definitions and the ledger back', async () => {
    await source.query(`CREATE TYPE mood AS ENUM ('glad', 'sad');
      CREATE TABLE kinds (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, moods mood[], amount numeric,
        at timestamptz, doc jsonb, bytes bytea, doubled numeric GENERATED ALWAYS AS (amount * 2) STORED,
        CONSTRAINT positive CHECK (amount > 0));
      INSERT INTO kinds (moods, amount, at, doc, bytes) VALUES
        ('{glad,sad}', 1.50, '2026-01-01 00:00+02', '{"a": [1, null]}', '\\x00ff'), (NULL, 1e-9, 'infinity', '"ä\\n"', '');
      CREATE SCHEMA other; CREATE TABLE other.nothing (); INSERT INTO other.nothing DEFAULT VALUES;
      CREATE VIEW other.glad AS SELECT * FROM public.kinds WHERE 'glad' = ANY (moods);
      CREATE INDEX ON kinds (lower(doc::text))`);
    const made = await backup();
    expect(isWhole(made)).toBe(true);
    const target = await emptyDatabase();
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('are what was backed up at'),
    });
    for (const table of ['kinds', 'other.glad', 'other.nothing', 'holdfast_migrations'])
      expect(await target.query(`SELECT * FROM ${table}`)).toEqual(
        await source.query(`SELECT * FROM ${table}`),
      );
    expect(await relationsIn(target)).toEqual(await relationsIn(source));
    await target.query('INSERT INTO kinds (amount) VALUES (3)');
    expect(await target.query('SELECT max(id) AS id FROM kinds')).toEqual([{ id: 3 }]);
    expect(await cli(['identity', 'accept'], { DATABASE_URL: target.url })).toMatchObject({
      code: 0,
    });
    expect(await cli(['migrate', 'status', '--drift'], { DATABASE_URL: target.url })).toMatchObject(
      {
        code: 0,
      },
    );
  });

  it('is of one moment while rows are moved between tables of two stores', async () => {
    await fill(10);
    await source.query(`CREATE TABLE a_first AS SELECT i FROM generate_series(1, 100) AS i;
      CREATE TABLE z_last (i int)`);
    const { ended } = start('cli.js', ['backup'], environment());
    const over = new AbortController();
    void ended.then(() => {
      over.abort();
    });
    for (let i = 1; !over.signal.aborted; i += 1) {
      await source.query(
        `WITH moved AS (DELETE FROM a_first WHERE i = ${i} RETURNING i) INSERT INTO z_last SELECT i FROM moved`,
      );
    }
    expect(await ended).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    const target = await emptyDatabase();
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({ code: 0 });
    expect(
      await target.query(
        'SELECT count(*)::int AS rows, count(DISTINCT i)::int AS different FROM (TABLE a_first UNION ALL TABLE z_last) AS t',
      ),
    ).toEqual([{ rows: 100, different: 100 }]);
  });

  it('takes no index that is being built for one that is lost, nor an extension of the target for what it is not', async () => {
    await source.query(`CREATE TABLE words (word text); CREATE INDEX half_built ON words (word);
      UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half_built'::regclass`);
    const template = await emptyDatabase();
    await template.query(`CREATE EXTENSION pgcrypto; CREATE COLLATION theirs (LOCALE = 'C'); CREATE PUBLICATION theirs;
      COMMENT ON EXTENSION pgcrypto IS 'of theirs'`);
    const target = await emptyDatabase(`TEMPLATE ${new URL(template.url).pathname.slice(1)}`);
    expect(await cli(['restore', await backup(), '--into', target.url])).toMatchObject({ code: 0 });
  });

  it('goes into a database that has an extension of the backup', async () => {
    await source.query('CREATE EXTENSION citext; CREATE TABLE words (word citext)');
    const target = await emptyDatabase();
    await target.query('CREATE EXTENSION citext');
    expect(await cli(['restore', await backup(), '--into', target.url])).toMatchObject({ code: 0 });
  });

  it('has the rows of a table that is written anew when it begins', async () => {
    await source.query(`CREATE TABLE orders (id int, note text);
      INSERT INTO orders SELECT i, 'n' || i FROM generate_series(1, 1000) AS i`);
    const migrator = new pg.Client({ connectionString: source.url });
    await migrator.connect();
    later(() => migrator.end());
    await migrator.query('BEGIN; ALTER TABLE orders ALTER id TYPE bigint');
    const made = backup();
    await eventually(async () => {
      const waiting = `SELECT FROM pg_stat_activity WHERE application_name LIKE '% backup' AND wait_event_type = 'Lock'`;
      expect(await source.query(waiting)).not.toEqual([]);
    });
    await migrator.query('COMMIT');
    const { tables } = manifestIn(await made).databases[0] ?? { tables: [] };
    expect(tables.find(({ name }) => name === 'orders')).toMatchObject({ rows: 1000 });
  });

  it('tells how far it is: how fast, and of how much where there was one before', async () => {
    const ended = async () => {
      const { stderr } = await cli(['backup', '--json']);
      return jsonLines(stderr).find(({ event }) => event === 'backup.step_done');
    };
    const numbers = { bytes: expect.any(Number), seconds: expect.any(Number) };
    const first = await ended();
    expect(first).toEqual({ event: 'backup.step_done', step: 'dump primary', ...numbers });
    expect(await ended()).toMatchObject({ ...numbers, total: first?.bytes });
    const people = await cli(['backup', '--verify'], { LOG_FORMAT: 'pretty' });
    for (const step of ['dump primary', 'restore primary\\.dump'])
      expect(people.stderr).toMatch(
        new RegExp(`^${step}: [\\d.]+ MB, [\\d.]+ s, [\\d.]+ MB/s$`, 'm'),
      );
  });

  it('says in its manifest what was backed up, by what', async () => {
    const { databases, ...manifest } = manifestIn(await backup());
    expect(manifest).toMatchObject({
      environment: 'test',
      profile: 'PRODUCTION',
      files: [{ name: 'primary.dump', kind: 'pg_dump' }],
    });
    const [{ name }] = (await source.query<{ name: string }>(
      'SELECT current_database() AS name',
    )) as [{ name: string }];
    expect(databases).toMatchObject([
      {
        type: 'postgresql',
        stores: ['dpm', 'advisory'],
        database: name,
        owners: ['postgres'],
        identity: {
          cluster: expect.stringMatching(/^\d+$/),
          database: expect.stringMatching(/^\d+$/),
        },
        server_version: expect.stringMatching(/^\d+\.\d+/),
        tool_version: expect.stringMatching(/^\d+\.\d+/),
      },
    ]);
  });

  it('shows the password to nobody: neither in arguments nor in an environment', async () => {
    await fill(30);
    const { ended, process: child } = start('cli.js', ['backup'], environment());
    const tools = await eventually(() => {
      const found = toolsOf(child.pid ?? 0);
      expect(found).not.toEqual([]);
      return found;
    });
    expect(tools.join('\n')).toContain('PGPASSFILE');
    expect(tools.join('\n')).not.toContain(new URL(source.url).password);
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('reaches a database whatever its name and the password are', async () => {
    const [name, password] = [`it's = "odd" \\ db`, `p:a\\s's w@rd#`];
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await onServer(`CREATE ROLE odd LOGIN CREATEDB PASSWORD '${password.replaceAll("'", "''")}'`);
    await onServer(`CREATE DATABASE ${quoted} OWNER odd`);
    later(async () => {
      await onServer(`DROP DATABASE ${quoted} WITH (FORCE)`);
      await onServer('DROP ROLE odd');
    });
    const { port } = new URL(source.url);
    const parts = {
      DATABASE_URL: '',
      DB_HOST: '127.0.0.1',
      DB_PORT: port,
      DB_NAME: name,
      DB_USER: 'odd',
      DB_PASSWORD: password,
    };
    const { DATABASE_URL: _, ...given } = { ...environment(), ...parts };
    expect(await execute('cli.js', ['migrate', 'up'], given)).toMatchObject({ code: 0 });
    expect(await execute('cli.js', ['backup', '--verify'], given)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
  });

  it('refuses a pooler that shares sessions', async () => {
    const pooler = await startPooler(source.url, 'transaction');
    later(() => pooler.stop());
    expect(await cli(['backup'], { DATABASE_URL: pooler.url })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('BACKUP_REQUIRES_SESSION'),
    });
    expect(backupsIn(out)).toEqual([]);
  });

  it('refuses a target that is not empty, and leaves it as it was', async () => {
    const made = await backup();
    const target = await emptyDatabase();
    for (const [
      sql,
      undo = sql.replace(/CREATE ((?:TEXT SEARCH |FOREIGN DATA )?\w+ \w+(?:\(\))?).*/, 'DROP $1'),
    ] of [
      ['CREATE TABLE theirs (a int)'],
      ["CREATE FUNCTION theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
      ['CREATE SCHEMA theirs'],
      ["CREATE TYPE theirs AS ENUM ('a')"],
      ['CREATE TYPE theirs'],
      ["CREATE COLLATION theirs (LOCALE = 'C')"],
      ["CREATE CONVERSION theirs FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"],
      [
        'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq) -- theirs',
        'DROP OPERATOR === (int, int)',
      ],
      ['CREATE OPERATOR FAMILY theirs USING btree', 'DROP OPERATOR FAMILY theirs USING btree'],
      ['CREATE CAST (int AS point) WITH INOUT -- theirs', 'DROP CAST (int AS point)'],
      [
        'CREATE ACCESS METHOD theirs TYPE TABLE HANDLER heap_tableam_handler',
        'DROP ACCESS METHOD theirs',
      ],
      ['CREATE LANGUAGE theirs HANDLER plpgsql_call_handler'],
      ['CREATE TEXT SEARCH CONFIGURATION theirs (COPY = english)'],
      ['CREATE TEXT SEARCH DICTIONARY theirs (TEMPLATE = simple)'],
      ['CREATE FOREIGN DATA WRAPPER theirs'],
      ['CREATE PUBLICATION theirs'],
      ['CREATE EXTENSION citext -- theirs', 'DROP EXTENSION citext'],
      ['SELECT lo_create(7000)', 'SELECT lo_unlink(7000)'],
    ] satisfies [sql: string, undo?: string][]) {
      await target.query(sql);
      const before = await relationsIn(target);
      expect(await cli(['restore', made, '--into', target.url])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /RESTORE_TARGET_NOT_EMPTY[^]*(theirs|===|cast|extension citext|object 7000)/,
        ),
      });
      expect(await relationsIn(target)).toEqual(before);
      await target.query(undo);
    }
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({ code: 0 });
  });

  it('leaves the target empty when the restore fails', async () => {
    await source.query("CREATE TABLE words AS SELECT '語' AS word");
    const made = await backup();
    const target = await emptyDatabase("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('RESTORE_FAILED'),
    });
    expect(await relationsIn(target)).toEqual([]);
  });

  it.each(['manifest.json', 'primary.dump'])(
    'refuses a flipped bit anywhere in %s, and touches nothing',
    async (name) => {
      const made = await backup();
      const path = join(made, name);
      const content = readFileSync(path);
      const target = await emptyDatabase();
      for (const part of [0, 0.2, 0.5, 0.8, 1]) {
        const changed = Buffer.from(content);
        const at = Math.floor(part * (content.length - 1));
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        writeFileSync(path, changed);
        expect(await cli(['restore', made, '--into', target.url])).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('BACKUP_INVALID'),
        });
        expect(await relationsIn(target)).toEqual([]);
      }
    },
  );

  it('restores owners and grants where their roles are, and says where not', async () => {
    await source.query(
      `CREATE ROLE reader; CREATE TABLE read (a int); GRANT SELECT ON read TO reader`,
    );
    later(async () => {
      await onServer('DROP ROLE IF EXISTS reader');
    });
    const made = await backup();
    const grants = `SELECT has_table_privilege('reader', 'read', 'SELECT') AS may`;
    const target = await emptyDatabase();
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({ code: 0 });
    expect(await target.query(grants)).toEqual([{ may: true }]);
    const bare = await emptyDatabase();
    await cli(['restore', made, '--into', bare.url, '--no-rights']);
    expect(await bare.query(grants)).toEqual([{ may: false }]);
    for (const each of [source, target]) await each.query('REVOKE ALL ON read FROM reader');
    await onServer('DROP ROLE reader');
    const other = await emptyDatabase();
    expect(documentOf(await cli(['restore', made, '--into', other.url, '--json']))).toMatchObject({
      notes: expect.arrayContaining([expect.stringContaining('there is no role reader')]),
    });
  });
});

/** What a restore tells of one kind. */
async function notesOf(
  made: string,
  target: { readonly url: string },
  code = 'RESTORE_RIGHTS_DIFFER',
): Promise<readonly string[]> {
  const { notes } = documentOf(await cli(['restore', made, '--into', target.url, '--json'])) as {
    readonly notes: readonly string[];
  };
  return notes.filter((note) => note.startsWith(code));
}

describe('the database that is restored into', () => {
  it('is told to be another in its encoding and in what was set for it, but for what may be secret', async () => {
    const { pathname } = new URL(source.url);
    const database = pathname.slice(1);
    await onServer('CREATE ROLE setter');
    later(() => onServer('DROP ROLE setter'));
    await source.query(
      `ALTER DATABASE ${database} SET work_mem = '77MB'; ALTER DATABASE ${database} SET app.token = 'zanzibar';
       ALTER ROLE setter IN DATABASE ${database} SET statement_timeout = '5s'`,
    );
    const made = await backup();
    expect(readFileSync(join(made, 'manifest.json'), 'utf8')).not.toContain('zanzibar');
    const code = 'RESTORE_DATABASE_DIFFERS';
    const other = await emptyDatabase("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    const [note = ''] = await notesOf(made, other, code);
    expect(note).toContain('its encoding is LATIN1, not UTF8');
    expect(note).toContain(
      'not set: app.token; not set: statement_timeout for setter = 5s; not set: work_mem = 77MB',
    );
    const same = await emptyDatabase();
    const name = new URL(same.url).pathname.slice(1);
    await same.query(
      `ALTER DATABASE ${name} SET work_mem = '77MB'; ALTER DATABASE ${name} SET app.token = 'zanzibar';
       ALTER ROLE setter IN DATABASE ${name} SET statement_timeout = '5s'`,
    );
    expect(await notesOf(made, same, code)).toEqual([]);
  });
});

describe('the rights in a restored database', () => {
  it('are told where default privileges of the role that restores add to them', async () => {
    await onServer('CREATE ROLE nosy');
    later(async () => {
      await onServer('DROP ROLE IF EXISTS nosy');
    });
    const made = await backup();
    const same = await emptyDatabase();
    expect(await notesOf(made, same)).toEqual([]);
    const given = await emptyDatabase();
    await given.query('ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO nosy');
    const [note = ''] = await notesOf(made, given);
    expect(note).toContain('public.holdfast_migrations: +nosy INSERT');
    expect(note).toMatch(/; and \d+ more$/);
    await given.query(
      'DROP OWNED BY nosy; ALTER DEFAULT PRIVILEGES REVOKE INSERT ON TABLES FROM nosy',
    );
  });

  it('are told where those on the database are others', async () => {
    const { pathname } = new URL(source.url);
    await source.query(`REVOKE ALL ON DATABASE ${pathname.slice(1)} FROM PUBLIC`);
    const made = await backup();
    expect(await notesOf(made, await emptyDatabase())).toEqual([
      'RESTORE_RIGHTS_DIFFER: database: +PUBLIC CONNECT, +PUBLIC TEMPORARY',
    ]);
  });
});

describe('an encrypted backup of a PostgreSQL database', () => {
  const keys = () => join(folder, 'keys');
  const encrypting = () => ({
    BACKUP_AGE_RECIPIENTS: execFileSync('age-keygen', ['-y', keys()], { encoding: 'utf8' }).trim(),
  });
  const opening = () => ({ BACKUP_AGE_IDENTITY_PATH: keys() });

  beforeEach(async () => {
    execFileSync('age-keygen', ['-o', keys()], { stdio: 'ignore' });
    await source.query(
      "CREATE TABLE words AS SELECT 'marzipan' AS word, i FROM generate_series(1, 5000) AS i",
    );
  });

  it('is opened by age itself, and then by pg_restore', async () => {
    expect(await cli(['backup'], encrypting())).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    expect(isWhole(made)).toBe(true);
    const path = join(made, 'primary.dump.age');
    expect(readFileSync(path).includes('words')).toBe(false);
    const dump = execFileSync('age', ['--decrypt', '-i', keys(), path]);
    expect(execFileSync('pg_restore', ['--list'], { input: dump }).toString()).toContain(
      'TABLE DATA public words',
    );
  });

  it('is verified, rehearsed and restored', async () => {
    const both = { ...encrypting(), ...opening() };
    expect(await cli(['backup', '--verify'], both)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verified at'),
    });
    const [made = ''] = backupsIn(out);
    expect(await cli(['restore', made, '--rehearse'], opening())).toMatchObject({ code: 0 });
    const target = await emptyDatabase();
    expect(await cli(['restore', made, '--into', target.url], opening())).toMatchObject({
      code: 0,
    });
    expect(await target.query('SELECT count(*)::int AS rows FROM words')).toEqual([{ rows: 5000 }]);
  });

  it('leaves the target empty where what is decrypted is not what was encrypted', async () => {
    expect(await cli(['backup'], encrypting())).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    const { sha256: _, ...manifest } = manifestIn(made) as ReturnType<typeof manifestIn> & {
      readonly sha256: string;
    };
    const files = manifest.files.map((file) => ({
      ...file,
      encryption: file.encryption && { ...file.encryption, plain_sha256: '0'.repeat(64) },
    }));
    writeFileSync(join(made, 'manifest.json'), manifestText({ ...manifest, files }));
    const target = await emptyDatabase();
    expect(await cli(['restore', made, '--into', target.url], opening())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/BACKUP_INVALID[^]*once it is decrypted/),
    });
    expect(await relationsIn(target)).toEqual([]);
  });
});

const scratches = () =>
  source.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname ~ '^holdfast_scratch' ORDER BY 1",
  );

describe('holdfast backup --verify', () => {
  it('restores into a scratch database like the source, compares, and drops it', async () => {
    await source.query(EVERYTHING);
    const ended = await cli(['backup', '--verify']);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Verified at') });
    const [made = ''] = backupsIn(out);
    expect(manifestIn(made).verified_at).not.toBeNull();
    expect(await scratches()).toEqual([]);
    expect(isWhole(made)).toBe(true);
  });

  it('does not take the schema public of the scratch database for more than there was', async () => {
    await source.query(
      `ALTER SCHEMA public RENAME TO ours; ALTER ROLE postgres IN DATABASE ${new URL(source.url).pathname.slice(1)} SET search_path = ours`,
    );
    expect(await cli(['backup', '--verify'])).toMatchObject({ code: 0 });
  });

  it('is no proof for another database', async () => {
    expect(await cli(['backup', '--verify'])).toMatchObject({ code: 0 });
    const other = await emptyDatabase();
    const check = async (more: Environment) => {
      const asked = { BACKUP_MAX_AGE_HOURS: '24', ...more };
      const { checks } = documentOf(await cli(['check', '--json'], asked)) as {
        readonly checks: readonly { readonly name: string }[];
      };
      return checks.find(({ name }) => name === 'backup');
    };
    expect(await check({})).toMatchObject({ ok: true });
    expect(await check({ DATABASE_URL: other.url })).toMatchObject({
      ok: false,
      code: 'RESTORE_PROOF_STALE',
    });
    const ages = await Promise.all(
      [source.url, other.url].map(async (url) => {
        expect(await cli(['migrate', 'up'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
        const service = await startService(environment({ DATABASE_URL: url, HOST: '127.0.0.1' }));
        later(() => service.stop('SIGKILL'));
        const text = await (await fetch(`${service.url}/metrics`)).text();
        return text.includes('\nholdfast_backup_age_seconds ');
      }),
    );
    expect(ages).toEqual([true, false]);
  });

  it.each([
    ['a row', 'DELETE FROM kinds WHERE id = 1', 'public.kinds has 1 rows, not 2'],
    ['a value', 'UPDATE kinds SET word = upper(word)', 'the rows of public.kinds differ'],
    ['an index', 'DROP INDEX kinds_word_idx', 'index public.kinds_word_idx is missing'],
    [
      'a check',
      'ALTER TABLE kinds DROP CONSTRAINT some_word',
      'constraint some_word of public.kinds is missing',
    ],
    [
      'the ledger',
      "DELETE FROM holdfast_migrations WHERE version = '0003'",
      'the ledger of migrations differs',
    ],
    ['a sequence', "SELECT setval('counted', 4)", 'the sequence public.counted is at 4, not at 5'],
    ['a large object', 'SELECT lo_unlink(7000)', 'there are 0 large objects, not 1'],
    ['more than there was', 'CREATE TABLE more ()', 'the table public.more is extra'],
    [
      'row security',
      'ALTER TABLE kinds DISABLE ROW LEVEL SECURITY',
      'row security of public.kinds is missing',
    ],
    ['a comment', 'COMMENT ON TABLE kinds IS NULL', 'comment on table public.kinds is missing'],
  ])('does not call a backup verified of which %s does not come back', async (_, sql, said) => {
    await source.query(`CREATE TABLE kinds (id int, word text CONSTRAINT some_word CHECK (word <> ''));
      INSERT INTO kinds VALUES (1, 'a'), (2, 'b'); CREATE INDEX ON kinds (word);
      CREATE SEQUENCE counted; SELECT setval('counted', 5); SELECT lo_create(7000);
      ALTER TABLE kinds ENABLE ROW LEVEL SECURITY; COMMENT ON TABLE kinds IS 'of words'`);
    const tools = toolsThat(temporaryFolder(), { afterRestore: asking(sql) });
    expect(await cli(['backup', '--verify'], tools)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`RESTORE_MISMATCH[^]*${said}`)),
    });
    expect(manifestIn(backupsIn(out)[0] ?? '').verified_at).toBeNull();
    expect(await scratches()).toEqual([]);
  });

  it('drops what runs that were killed have left, and not what another one works with', async () => {
    const waiting = toolsThat(temporaryFolder(), {
      afterRestore: `touch ${join(folder, 'restored')}; sleep 60`,
    });
    const begin = async (more: Environment) => {
      rmSync(join(folder, 'restored'), { force: true });
      const started = start('cli.js', ['backup', '--verify'], environment({ ...waiting, ...more }));
      later(() => started.process.kill('SIGKILL'));
      await eventually(() => {
        expect(existsSync(join(folder, 'restored'))).toBe(true);
      });
      return started;
    };
    const killed = await begin({});
    killed.process.kill('SIGKILL');
    const [left] = await scratches();
    expect(left).toBeDefined();
    const other = await begin({ BACKUP_DIR: join(folder, 'others') });
    const held = (await scratches()).filter(({ name }) => name !== left?.name);
    expect(held).toHaveLength(1);
    await eventually(async () => {
      expect(await cli(['backup', '--verify'])).toMatchObject({ code: 0 });
      expect(await scratches()).toEqual(held);
    });
    other.process.kill('SIGTERM');
    expect(await other.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_STOPPED'),
    });
    expect(await scratches()).toEqual([]);
  });

  it('makes the scratch database where BACKUP_SCRATCH_URL says, and says where it may not', async () => {
    await source.query(
      "CREATE ROLE reader LOGIN PASSWORD 'reader' IN ROLE pg_read_all_data; CREATE ROLE maker LOGIN CREATEDB PASSWORD 'maker'",
    );
    later(() => onServer('DROP ROLE reader; DROP ROLE maker'));
    const as = (role: string) => {
      const url = new URL(source.url);
      url.username = url.password = role;
      return url.href;
    };
    expect(await cli(['backup', '--verify'], { DATABASE_URL: as('reader') })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /BACKUP_SCRATCH_REFUSED[^]*permission denied to create database/,
      ),
    });
    const [unproved = ''] = backupsIn(out);
    expect(manifestIn(unproved).verified_at).toBeNull();
    expect(
      await cli(['backup', '--verify'], {
        DATABASE_URL: as('reader'),
        BACKUP_SCRATCH_URL: as('maker'),
      }),
    ).toMatchObject({ code: 0, stdout: expect.stringContaining('Verified at') });
    expect(await scratches()).toEqual([]);
  });
});

describe('holdfast backup --keep', () => {
  it('removes what is of its own database alone, in a folder that is shared', async () => {
    const other = await emptyDatabase();
    const settings = { DATABASE_URL: other.url };
    expect(await cli(['migrate', 'up'], settings)).toMatchObject({ code: 0 });
    expect(await cli(['backup', '--verify'], settings)).toMatchObject({ code: 0 });
    const [ofOther = ''] = backupsIn(out);
    await backup();
    const ended = await cli(['backup', '--verify', '--keep', '1']);
    expect(ended).toMatchObject({ code: 0 });
    const [first, last = '', ...rest] = backupsIn(out);
    expect([first, rest]).toEqual([ofOther, []]);
    expect(ended.stdout).toContain(last);
  });
});

describe('holdfast backup --every', () => {
  it('proves the backup that it has made when the proof was not to be had at first, and makes no other for that', async () => {
    await source.query("CREATE ROLE maker LOGIN NOCREATEDB PASSWORD 'maker'");
    later(() => onServer('DROP ROLE maker'));
    const url = new URL(source.url);
    url.username = url.password = 'maker';
    const every = start(
      'cli.js',
      ['backup', '--verify', '--keep', '2', '--every', '0.01'],
      environment({ BACKUP_SCRATCH_URL: url.href }),
    );
    later(() => every.process.kill('SIGKILL'));
    let said = '';
    every.process.stderr?.on('data', (text: string) => (said += text));
    await eventually(() => {
      expect(said).toContain('BACKUP_SCRATCH_REFUSED');
    });
    const made = backupsIn(out);
    await source.query('ALTER ROLE maker CREATEDB');
    await eventually(() => {
      expect(said).toContain('Verified at');
    });
    expect(backupsIn(out)).toEqual(made);
    expect(made.map((each) => manifestIn(each).verified_at)).toEqual([expect.any(String)]);
    every.process.kill('SIGTERM');
    expect(await every.ended).toMatchObject({
      code: 0,
      stdout: 'Stopped: 1 backups made, 1 failed.\n',
    });
  }, 60_000);
});

describe('holdfast backup, when something is wrong', () => {
  it('names the tool that is missing, or too old', async () => {
    expect(await cli(['backup'], { BACKUP_PG_BIN: folder })).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/BACKUP_TOOL_MISSING[^]*pg_dump is not in/),
    });
    writeFileSync(join(folder, 'pg_dump'), "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
    chmodSync(join(folder, 'pg_dump'), 0o755);
    expect(await cli(['backup'], { BACKUP_PG_BIN: folder })).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/BACKUP_TOOL_TOO_OLD[^]*9\.6\.24/),
    });
    // One that is new enough is looked for where the programs of each version are.
    expect(await cli(['backup'], { PATH: `${folder}:${process.env.PATH ?? ''}` })).toMatchObject({
      code: 0,
    });
    expect(backupsIn(out)).toHaveLength(1);
  });

  it('says what PostgreSQL says', async () => {
    await source.query(`CREATE ROLE poor LOGIN PASSWORD 'poor';
      GRANT SELECT ON holdfast_migrations, holdfast_identity TO poor`);
    later(async () => {
      await source.query('DROP OWNED BY poor; DROP ROLE poor');
    });
    const url = new URL(source.url);
    url.username = url.password = 'poor';
    const ended = await cli(['backup'], { DATABASE_URL: url.href });
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/BACKUP_FAILED[^]*permission denied/),
    });
    expect(backupsIn(out)).toEqual([]);
    expect(leftoversIn(out)).toEqual([]);
  });

  it('refuses a database that is not the one that was pinned', async () => {
    await cli(['identity', 'accept']);
    await source.query("UPDATE holdfast_identity SET cluster = '1'");
    expect(await cli(['backup'])).toMatchObject({
      stderr: expect.stringContaining('DATABASE_IDENTITY_MISMATCH'),
    });
    expect(backupsIn(out)).toEqual([]);
  });

  it('leaves nothing where the disk is full', async () => {
    await fill(12);
    const disk = mountTmpfs(4);
    later(disk.remove);
    expect(await cli(['backup', '--out', disk.folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/BACKUP_NOT_WRITTEN[^]*ENOSPC/),
    });
    expect(backupsIn(disk.folder)).toEqual([]);
    expect(leftoversIn(disk.folder)).toEqual([]);
  });

  it('leaves nothing of an SQLite file, either, and says where nothing can be written at all', async () => {
    const file = join(folder, 'holdfast.sqlite');
    const local = { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: file };
    expect(await execute('cli.js', ['migrate', 'up'], local)).toMatchObject({ code: 0 });
    const connection = new Sqlite(file);
    connection.exec('CREATE TABLE large AS SELECT randomblob(12000000) AS body');
    connection.close();
    const disk = mountTmpfs(4);
    later(disk.remove);
    for (const to of [disk.folder, join(file, 'backups')])
      expect(await execute('cli.js', ['backup', '--out', to], local)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('BACKUP_NOT_WRITTEN'),
      });
    expect(backupsIn(disk.folder)).toEqual([]);
    expect(leftoversIn(disk.folder)).toEqual([]);
  });

  it('leaves a target of a restore empty or whole when it was killed at 10 moments', async () => {
    await fill(5);
    const made = await backup();
    const tables = (await relationsIn(source)).length;
    const once = async (target: TestDatabase, afterMs: number) => {
      const { ended, process: child } = start(
        'cli.js',
        ['restore', made, '--into', target.url],
        environment(),
      );
      const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
      await ended;
      clearTimeout(timer);
    };
    const began = performance.now();
    await once(await emptyDatabase(), 60_000);
    const longest = performance.now() - began;
    for (let round = 0; round < 10; round += 1) {
      const target = await emptyDatabase();
      await once(target, Math.random() * longest);
      // What it has started ends when it finds that nobody sends any more.
      await eventually(async () => {
        expect(
          await target.query(
            `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%restore'`,
          ),
        ).toEqual([]);
      });
      expect([0, tables]).toContain((await relationsIn(target)).length);
    }
  });

  it('leaves the target empty when the server is restarted in the middle of a restore', async () => {
    await fill(30);
    const made = await backup();
    const target = await emptyDatabase();
    const { ended } = start('cli.js', ['restore', made, '--into', target.url], environment());
    await eventually(async () => {
      expect(
        await target.query(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY public.large%'`,
        ),
      ).toHaveLength(1);
    });
    await server.stop('SIGQUIT');
    expect(await ended).toMatchObject({
      stderr: expect.stringMatching(/RESTORE_FAILED|POSTGRES_UNREACHABLE/),
    });
    await server.start();
    expect(await relationsIn(target)).toEqual([]);
    expect(await cli(['restore', made, '--into', target.url])).toMatchObject({ code: 0 });
  });

  it('leaves nothing when the server is restarted in the middle', async () => {
    await fill(30);
    const { ended } = start('cli.js', ['backup'], environment());
    await dumpBegins();
    await server.stop('SIGQUIT');
    expect(await ended).toMatchObject({
      stderr: expect.stringMatching(/BACKUP_FAILED|POSTGRES_UNREACHABLE/),
    });
    await server.start();
    expect(backupsIn(out)).toEqual([]);
    expect(leftoversIn(out)).toEqual([]);
    expect(isWhole(await backup())).toBe(true);
  });

  it('leaves nothing when it is stopped by a signal', async () => {
    await fill(30);
    const { ended, process: child } = start('cli.js', ['backup'], environment());
    await dumpBegins();
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_STOPPED'),
    });
    expect(backupsIn(out)).toEqual([]);
    expect(leftoversIn(out)).toEqual([]);
  });

  it('has whole backups alone after it was killed at 20 moments', async () => {
    await fill(5);
    const began = performance.now();
    await backup();
    const longest = performance.now() - began;
    for (let round = 0; round < 20; round += 1) {
      const { ended, process: child } = start('cli.js', ['backup'], environment());
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * longest * 1.2);
      await ended;
      clearTimeout(timer);
      for (const each of backupsIn(out)) expect(isWhole(each)).toBe(true);
    }
    const last = await backup();
    expect(leftoversIn(out)).toEqual([]);
    const target = await emptyDatabase();
    expect(await cli(['restore', last, '--into', target.url])).toMatchObject({ code: 0 });
  });
});

async function onServer(sql: string): Promise<void> {
  const database = await createDatabase(server.url);
  try {
    await database.query(sql);
  } finally {
    await database.drop();
  }
}

/** Bytes of it are on the disk. */
async function dumpBegins(): Promise<void> {
  await eventually(() => {
    const [aside = ''] = existsSync(out) ? leftoversIn(out) : [];
    expect(statSync(join(out, aside, 'primary.dump')).size).toBeGreaterThan(0);
  });
}

/** Arguments and environment of the programs that a process has started. */
function toolsOf(parent: number): readonly string[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  return children.split(' ').flatMap((pid) => {
    try {
      const [words, environ] = ['cmdline', 'environ'].map((name) =>
        readFileSync(`/proc/${pid}/${name}`, 'utf8'),
      );
      return words?.includes('--format=custom') ? [`${words} ${environ ?? ''}`] : [];
    } catch {
      // Gone since it was listed.
      return [];
    }
  });
}
