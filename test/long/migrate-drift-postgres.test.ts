import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf, migrate, type MigrateTarget, postgresTarget } from '../support/migrate.js';
import { execute, installation } from '../support/program.js';
import { testServer } from '@holdfast/testing/temporary-database';
import { BY_HAND } from './changed-by-hand.js';
import { STORES } from '../support/registered.js';

const { later } = cleanup();

interface DriftDocument {
  readonly drift: Readonly<Record<string, readonly object[]>>;
}

async function migrated(): Promise<MigrateTarget> {
  const target = await postgresTarget(later);
  await migrate(target, ['up']);
  return target;
}

/** @returns a copy of the program with more migrations of the advisory store */
function withMigrations(files: Readonly<Record<string, string>>): string {
  const { folder, remove } = installation();
  later(remove);
  for (const [name, sql] of Object.entries(files)) {
    writeFileSync(join(folder, 'migrations/advisory/postgres', `${name}.sql`), sql);
  }
  return folder;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  later(() => client.end());
  return client;
}

const urlOf = ({ environment }: MigrateTarget) => environment.DATABASE_URL ?? '';

describe('migrate status --drift on PostgreSQL', () => {
  it('names the server that does not answer', async () => {
    const target = await migrated();
    const environment = {
      ...target.environment,
      MIGRATION_DATABASE_URL: 'postgresql://migrator@127.0.0.1:1/elsewhere',
    };
    const status = await execute('cli.js', ['migrate', 'status', '--drift'], environment);
    const check = await execute('cli.js', ['check', '--migrations', '--json'], environment);
    await target.exec('DROP TABLE policy_packs, holdfast_migrations CASCADE');
    const up = await execute('cli.js', ['migrate', 'up'], environment);
    for (const { code, stdout, stderr } of [status, check, up]) {
      expect(code).toBe(69);
      expect(stdout + stderr).toContain('postgresql://migrator@127.0.0.1:1/elsewhere');
      expect(stdout + stderr).not.toContain(`${new URL(urlOf(target)).port}/`);
    }
  });

  it('names each of many changes, and nothing else', async () => {
    const target = await migrated();
    for (const [, sql] of BY_HAND) await target.exec(sql);
    const ended = await migrate(target, ['status', '--drift', '--json']);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 1, stderr: '' });
    const { drift } = documentOf(ended) as DriftDocument;
    for (const store of STORES) {
      const expected = BY_HAND.filter(([of]) => of === store).map(
        ([, , table, object, name, wanted, live]) => ({
          table,
          object,
          name,
          expected: wanted,
          live,
        }),
      );
      expect(drift[store]).toHaveLength(expected.length);
      expect(drift[store]).toEqual(expect.arrayContaining(expected));
    }
    const { stdout } = await migrate(target, ['status', '--drift']);
    expect(stdout.match(/^ {2}differs {2}/gm)).toHaveLength(BY_HAND.length);
    expect(stdout).toContain(
      'proposal_records: type of column title is character varying(40), expected text',
    );
  });

  it('names an index that a unique build over duplicates has left INVALID', async () => {
    const target = await migrated();
    await target.exec(`INSERT INTO dpm_leases VALUES ('a', 'same', now()), ('b', 'same', now())`);
    await expect(
      target.exec('CREATE UNIQUE INDEX CONCURRENTLY by_holder ON dpm_leases (holder)'),
    ).rejects.toMatchObject({ code: '23505' });
    const ended = await migrate(target, ['status', '--drift', '--json']);
    expect(ended.code).toBe(1);
    expect((documentOf(ended) as DriftDocument).drift.dpm).toEqual([
      {
        table: 'dpm_leases',
        object: 'index',
        name: 'by_holder',
        expected: null,
        live: 'UNIQUE (holder) INVALID',
      },
    ]);
  });

  it('waits for nobody who has locked the live tables', async () => {
    const target = await migrated();
    const holder = await connect(urlOf(target));
    const tables = await target.rows<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind = 'r' AND relname NOT LIKE 'holdfast%'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    await holder.query('BEGIN');
    await holder.query(
      `LOCK TABLE ${tables.map(({ name }) => name).join(', ')} IN ACCESS EXCLUSIVE MODE`,
    );
    const ended = await migrate(target, ['status', '--drift', '--json']);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('finds the tables where the search_path has put them', async () => {
    const target = await postgresTarget(later);
    await target.exec(
      'CREATE SCHEMA "Our App"; CREATE TABLE public.dpm_runs (something_else integer)',
    );
    const [database] = await target.rows<{ name: string }>('SELECT current_database() AS name');
    await target.exec(`ALTER DATABASE ${database?.name ?? ''} SET search_path = "Our App", public`);
    expect((await migrate(target, ['up'])).code).toBe(0);
    const clean = await migrate(target, ['status', '--drift', '--json']);
    expect({ code: clean.code, stderr: clean.stderr }).toEqual({ code: 0, stderr: '' });
    await target.exec('ALTER TABLE "Our App".dpm_runs DROP COLUMN portfolio_id');
    expect((await migrate(target, ['status', '--drift'])).stdout).toContain(
      'dpm_runs: column portfolio_id is missing, expected text NOT NULL',
    );
  });

  it('builds what migrations without a transaction make, and writes no rows', async () => {
    const target = await postgresTarget(later);
    const folder = withMigrations({
      '0004_index_titles': `-- holdfast: no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS "naïve titles" ON proposal_records (title) WHERE title <> 'CONCURRENTLY';`,
      '0005_clean_up': '-- holdfast: no-transaction\nVACUUM proposal_records;',
      '0006_fill_titles': `-- naïve
CREATE TABLE proposal_seeds (id integer PRIMARY KEY, one integer NOT NULL);
INSERT INTO proposal_seeds SELECT 1, count(*) FROM proposal_records HAVING count(*) > 0;
ALTER TABLE proposal_seeds ALTER one SET DEFAULT 1;`,
    });
    const options = { installation: folder };
    expect(await migrate(target, ['up'], options)).toMatchObject({ code: 0, stderr: '' });
    const clean = await migrate(target, ['status', '--drift', '--json'], options);
    expect({ code: clean.code, stderr: clean.stderr }).toEqual({ code: 0, stderr: '' });
    await target.exec('DROP INDEX "naïve titles"');
    expect((await migrate(target, ['status', '--drift'], options)).stdout).toContain(
      `proposal_records: index naïve titles is missing, expected (title) WHERE title <> 'CONCURRENTLY'::text`,
    );
  });

  it('says so when a migration names a schema, and touches no live table', async () => {
    const target = await postgresTarget(later);
    const options = {
      installation: withMigrations({
        '0004_add_hint': 'ALTER TABLE public.proposal_records ADD COLUMN IF NOT EXISTS hint text;',
      }),
    };
    expect((await migrate(target, ['up'], options)).code).toBe(0);
    const ended = await migrate(target, ['status', '--drift', '--json'], options);
    expect(ended.code).toBe(1);
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: 'MIGRATION_DRIFT_NOT_COMPARABLE',
        message: 'advisory 0004_add_hint cannot be run on its own: it names the schema public',
      },
    });
  });

  const USING_EXTENSIONS = {
    '0004_make_extensions': `CREATE EXTENSION citext; CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";`,
    '0005_create_readers': `CREATE DOMAIN email AS citext CHECK (VALUE <> ''::citext);
CREATE TABLE readers (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), name citext NOT NULL UNIQUE,
  address email, parent citext REFERENCES readers (name), CHECK (name <> 'nobody'::citext));
CREATE INDEX readers_by_name ON readers USING gin ((name::text) gin_trgm_ops);
ALTER TABLE readers ADD COLUMN nick citext DEFAULT 'x';`,
  };

  it.each([
    ['where the tables are', ''],
    ['in a schema of their own', 'CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;'],
  ])('compares what uses types of extensions %s', async (_where, prepare) => {
    const target = await postgresTarget(later);
    const options = {
      installation: withMigrations({
        ...USING_EXTENSIONS,
        ...(prepare && {
          '0004_make_extensions': USING_EXTENSIONS['0004_make_extensions'].slice(24),
        }),
      }),
    };
    if (prepare) {
      await target.exec(prepare);
      const [database] = await target.rows<{ name: string }>('SELECT current_database() AS name');
      await target.exec(`ALTER DATABASE ${database?.name ?? ''} SET search_path = public, ext`);
    }
    expect(await migrate(target, ['up'], options)).toMatchObject({ code: 0, stderr: '' });
    const before = await target.everything();
    const clean = await migrate(target, ['status', '--drift', '--json'], options);
    expect({ code: clean.code, stderr: clean.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await target.everything()).toEqual(before);

    // The tables are there, and nothing is in the ledger.
    await target.exec(`DELETE FROM holdfast_migrations WHERE store = 'advisory'`);
    const baseline = ['baseline', '--store', 'advisory', '--to', '0005'];
    expect(await migrate(target, baseline, options)).toMatchObject({ code: 0, stderr: '' });

    await target.exec(`ALTER TABLE readers ALTER nick TYPE text, ALTER nick DROP DEFAULT;
                       DROP INDEX readers_by_name`);
    const { stdout } = await migrate(target, ['status', '--drift'], options);
    expect(stdout).toContain('readers: type of column nick is text, expected citext');
    expect(stdout).toContain('readers: index readers_by_name is missing');
    expect(stdout.match(/^ {2}differs {2}/gm)).toHaveLength(3);
  });

  it('gets at no live table by the schema of an extension', async () => {
    const target = await migrated();
    await target.exec('CREATE EXTENSION citext; CREATE TABLE ledger_of_others (id citext UNIQUE)');
    const holder = await connect(urlOf(target));
    await holder.query('BEGIN; LOCK TABLE ledger_of_others IN ACCESS EXCLUSIVE MODE');
    const apart = withMigrations({
      '0004_alter_if_there': `ALTER TABLE IF EXISTS ledger_of_others ADD COLUMN more citext;
DROP TABLE IF EXISTS ledger_of_others; CREATE TABLE own (id citext);`,
    });
    const ids = `INSERT INTO holdfast_migrations (store, version, name, checksum, duration_ms, applied_by, build)`;
    const enter = async (folder: string, file: string) => {
      const text = readFileSync(join(folder, 'migrations/advisory/postgres', `${file}.sql`));
      const sum = createHash('sha256').update(text).digest('hex');
      await target.exec(
        `${ids} VALUES ('advisory', '0004', '${file.slice(5)}', '${sum}', 0, 'a test', '0')
           ON CONFLICT (store, version) DO UPDATE SET name = excluded.name, checksum = excluded.checksum`,
      );
    };
    await target.exec('CREATE TABLE own (id citext)');
    await enter(apart, '0004_alter_if_there');
    const ended = await migrate(target, ['status', '--drift', '--json'], { installation: apart });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });

    for (const sql of [
      'CREATE TABLE own (id citext REFERENCES ledger_of_others (id));',
      'CREATE VIEW seen AS SELECT id FROM ledger_of_others;',
      'CREATE TABLE own AS SELECT * FROM ledger_of_others;',
      'ALTER TABLE ledger_of_others ADD COLUMN more citext;',
    ]) {
      const folder = withMigrations({ '0004_use_others': sql });
      await enter(folder, '0004_use_others');
      const refused = await migrate(target, ['status', '--drift'], { installation: folder });
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/^MIGRATION_DRIFT_NOT_COMPARABLE$/m);
      // Neither found nor waited for.
      expect(refused.stderr).toMatch(/(type|relation) "\w+" does not exist/);
    }
  });

  it.each([
    ['a statement', 'SET search_path TO other; CREATE TABLE elsewhere (id integer);'],
    [
      'a function',
      `SELECT set_config('search_path', 'other', true); CREATE TABLE elsewhere (id integer);`,
    ],
    [
      'a block',
      `DO $$ BEGIN SET LOCAL search_path TO other; CREATE TABLE elsewhere (id integer); END $$;`,
    ],
    [
      'a block that does not say it',
      `DO $$ BEGIN EXECUTE 'set search' || '_path to other'; END $$; CREATE TABLE IF NOT EXISTS elsewhere (id integer);`,
    ],
  ])('says so when a migration sets the search_path by %s', async (_how, sql) => {
    const target = await postgresTarget(later);
    await target.exec('CREATE SCHEMA other');
    const options = { installation: withMigrations({ '0004_leave_schema': sql }) };
    expect((await migrate(target, ['up'], options)).code).toBe(0);
    const ended = await migrate(target, ['status', '--drift', '--json'], options);
    expect(ended.code).toBe(1);
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: 'MIGRATION_DRIFT_NOT_COMPARABLE',
        message: expect.stringContaining('0004_leave_schema cannot be run on its own: it sets the'),
      },
    });
  });

  it('says what is needed when the role may not create a schema', async () => {
    const target = await migrated();
    const server = await connect(testServer());
    const role = `drift_reader_${process.pid}`;
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    later(() => target.exec(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
    await target.exec(`GRANT SELECT ON holdfast_migrations TO ${role}`);
    const url = new URL(urlOf(target));
    url.username = role;
    url.password = 'reader';
    const reader = { environment: { ...target.environment, DATABASE_URL: url.href } };
    const ended = await migrate(reader, ['status', '--drift', '--json']);
    expect(ended.code).toBe(1);
    expect(documentOf(ended)).toEqual({
      error: {
        code: 'MIGRATION_DRIFT_NOT_COMPARABLE',
        message: 'the role may not create a schema in this database',
        fix: expect.stringContaining('GRANT CREATE ON DATABASE'),
      },
    });
    expect((await migrate(reader, ['status'])).code).toBe(0);
  });

  it('leaves nothing behind when it is killed', async () => {
    const target = await postgresTarget(later);
    const folder = withMigrations({
      '0004_wait_in_scratch': `DO $$ BEGIN
  IF current_schema() LIKE 'holdfast_drift%' THEN PERFORM pg_sleep(20); END IF;
END $$;`,
    });
    await migrate(target, ['up'], { installation: folder });
    const before = await target.everything();
    const child = spawn(
      process.execPath,
      [resolve(folder, 'dist/cli.js'), 'migrate', 'status', '--drift'],
      { cwd: folder, env: { PATH: process.env.PATH, ...target.environment }, stdio: 'ignore' },
    );
    const sleepers = () =>
      target.rows<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'holdfast drift'
           AND wait_event = 'PgSleep' AND datname = current_database()`,
      );
    await eventually(async () => {
      expect(await sleepers()).toHaveLength(1);
    });
    const ended = new Promise((end) => child.once('close', end));
    child.kill('SIGKILL');
    await ended;
    await target.rows(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE application_name = 'holdfast drift' AND datname = current_database()`,
    );
    expect(await target.everything()).toEqual(before);
  });
});
