import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { everyWrite, send } from '../support/writes/ready-writes.js';
import { eventually } from '../support/eventually.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { documentOf } from '../support/migrate.js';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { type Environment, execute, installation } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { provision } from '../support/topology.js';

const REFUSED = '42501';
const READ_ONLY = '25006';
const HISTORY = ['holdfast_identity', 'holdfast_migrations'];

/** A request that creates a proposal. */
function proposal(key: string) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ portfolio_id: key, created_by: 'c', document: {} }),
  };
}

async function query<Row extends object>(connection: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** What takes no look at the rights: the role is in the position of whoever got into the service. */
const BEYOND_ROWS = [
  'CREATE TABLE more (a int)',
  'CREATE SCHEMA more',
  'CREATE TEMPORARY TABLE more (a int)',
  "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  'CREATE INDEX ON proposal_records (title)',
  'CREATE ROLE more',
  'DROP TABLE proposal_records',
  'ALTER TABLE proposal_records ADD COLUMN more int',
  'ALTER TABLE proposal_records OWNER TO holdfast_app',
  'TRUNCATE proposal_records',
  'SET ROLE holdfast_owner',
  ...HISTORY.flatMap((table) => [
    `INSERT INTO ${table} SELECT * FROM ${table}`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
    `DROP TABLE ${table}`,
    `BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`,
  ]),
  "UPDATE holdfast_migrations SET checksum = ''",
  "UPDATE holdfast_identity SET environment = 'other'",
  "COPY proposal_records TO '/tmp/more'",
  "SELECT pg_read_file('PG_VERSION')",
  'SELECT rolpassword FROM pg_authid',
];

/** What provision.sql says that it leaves to the service: PostgreSQL gives it to every role. */
const LEFT = [
  'LISTEN more; NOTIFY more',
  'SELECT pg_advisory_lock(1)',
  'SELECT prosrc FROM pg_proc LIMIT 1',
  'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
  "ALTER ROLE holdfast_app SET statement_timeout = '1s'",
  "ALTER ROLE holdfast_app PASSWORD 'more'",
];

/** What a superuser alone can take from it. */
const LARGE_OBJECTS = [
  'SELECT lo_create(0)',
  'SELECT lo_creat(0)',
  "SELECT lo_from_bytea(0, 'more')",
];

describe.each([
  ['of npm', () => startPostgresServer()],
  ['that is installed', () => startInstalledServer()],
])(
  'the roles of deploy/provision.sql, by an administrator who is no superuser, on the PostgreSQL %s',
  (name, startServer) => {
    // Ended when all of them are: they go through the life of one database.
    const ends: (() => unknown)[] = [];
    const secrets = () => join(folder, 'secrets');
    let folder: string;
    let server: PostgresServer;
    let environment: Environment;
    let asOwner: Environment;
    let service: Service;

    const url = (role: string, database = 'holdfast') => {
      const password =
        role === 'admin' ? role : readFileSync(join(secrets(), `${role}_password`), 'utf8').trim();
      const user = role === 'admin' ? role : `holdfast_${role}`;
      return `postgresql://${user}:${password}@127.0.0.1:${server.port}/${database}`;
    };
    const superuser = () => new URL('/holdfast', server.url).href;
    const cli = (words: readonly string[], given: Environment = environment, at?: string) =>
      execute('cli.js', words, given, {
        limitMs: 60_000,
        ...(at !== undefined && { installation: at }),
      });

    beforeAll(async () => {
      server = await startServer();
      folder = mkdtempSync(join(tmpdir(), 'holdfast-provision-'));
      ends.push(() => {
        rmSync(folder, { recursive: true, force: true });
      });
      execFileSync('deploy/make-secrets.sh', [secrets()], { stdio: 'pipe' });
      await query(server.url, "CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin'");
      provision(url('admin', 'postgres'), secrets());
      environment = {
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        APP_ENV: 'test',
        DPM_POLICY_PACKS_ENABLED: 'true',
        DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
        MEDIA_ENABLED: 'true',
        MEDIA_ROOT_DURABLE: 'true',
        DATABASE_URL: url('app'),
        HOST: '127.0.0.1',
      };
      asOwner = { ...environment, MIGRATION_DATABASE_URL: url('owner') };
    }, 60_000);
    afterAll(async () => {
      for (const end of ends.toReversed()) await end();
      await server.remove();
    });

    it('lets the owner alone migrate, who also pins the identity', async () => {
      expect(await cli(['migrate', 'up'])).toMatchObject({ code: 69 });
      expect(await cli(['migrate', 'up'], asOwner)).toMatchObject({ code: 0 });
      expect(await cli(['migrate', 'status', '--drift'], asOwner)).toMatchObject({ code: 0 });
      expect(documentOf(await cli(['identity', '--json']))).toMatchObject({
        databases: [{ status: 'match', pinned: { environment: 'test' } }],
      });
    });

    it('is run again without harm', async () => {
      await query(url('owner'), 'GRANT UPDATE ON holdfast_migrations TO holdfast_app');
      provision(url('admin', 'postgres'), secrets());
      const open = await cli(['check', '--connect', '--json']);
      expect(open.stdout).toContain('may write holdfast_migrations');
      // Nothing is pending: what a database had before is closed all the same.
      expect(await cli(['migrate', 'up'], asOwner)).toMatchObject({
        code: 0,
        stdout: 'Nothing to do.\n',
      });
    });

    it('says of the service that it may do nothing else, and of any other role what it may', async () => {
      const check = async (given: Environment) => {
        const { checks } = documentOf(await cli(['check', '--connect', '--json'], given)) as {
          readonly checks: readonly {
            readonly name: string;
            readonly code: string | null;
            readonly detail: string;
          }[];
        };
        const found = checks.find((each) => each.name === 'database.primary.least_rights');
        return `${found?.code ?? 'passed'}: ${found?.detail ?? ''}`;
      };
      expect(await check(environment)).toMatch(/^passed: /);
      const owner = await check({ ...environment, DATABASE_URL: url('owner') });
      expect(owner).toMatch(
        /^POSTGRES_RIGHTS_EXCESSIVE: .*may make schemas, may make tables, owns \d+ tables/,
      );
      expect(await check({ ...environment, DATABASE_URL: superuser() })).toContain(
        'is a superuser',
      );
    });

    it('leaves the service what every role may, as the file says, and temporary tables to the owner', async () => {
      for (const sql of [...LEFT, ...LARGE_OBJECTS])
        await query(url('app'), `BEGIN; ${sql}; ROLLBACK`);
      const temporary = 'BEGIN READ WRITE; CREATE TEMPORARY TABLE more (a int); ROLLBACK';
      await query(url('owner'), temporary);
      for (const role of ['app', 'readonly', 'backup'])
        await expect(query(url(role), temporary)).rejects.toMatchObject({ code: REFUSED });
    });

    it('takes large objects from all where a superuser runs it', async () => {
      provision(new URL('/postgres', server.url).href, secrets());
      for (const sql of LARGE_OBJECTS)
        await expect(query(url('app'), sql)).rejects.toMatchObject({ code: REFUSED });
    });

    it('lets the owner copy', async () => {
      const file = join(folder, 'holdfast.sqlite');
      const before = await startService({
        DPM_POLICY_PACKS_ENABLED: 'true',
        MEDIA_ENABLED: 'true',
        SQLITE_PATH: file,
      });
      const old = await fetch(`${before.url}/rebalance/proposals`, proposal('before'));
      expect(old.status).toBe(201);
      await before.stop();
      const copied = await cli(['copy', '--from', file], {
        ...environment,
        DATABASE_URL: url('owner'),
      });
      expect(copied).toMatchObject({ code: 0 });
      // The tables that it has switched in are the service's to use as those before them.
      expect(await query(url('app'), 'SELECT 1 FROM proposal_records')).toHaveLength(1);
    });

    it('lets the service live: start, verify, serve, write every store, purge, drain', async () => {
      service = await startService({
        ...environment,
        IDEMPOTENCY_KEY_TTL_SECONDS: '1',
        DPM_SUPPORTABILITY_RETENTION_DAYS: '1',
        DPM_PURGE_INTERVAL_SECONDS: '1',
      });
      ends.push(() => service.stop('SIGKILL'));
      const answer = async (path: string) => {
        const response = await fetch(service.url + path);
        return { status: response.status, body: (await response.json()) as object };
      };
      for (const path of ['/health/ready', '/health/startup', '/health/live', '/health'])
        expect({ path, ...(await answer(path)) }).toMatchObject({ path, status: 200 });
      expect(await answer('/health/migrations')).toMatchObject({ body: { status: 'head' } });
      expect(await answer('/api/v1/diagnostics')).toMatchObject({
        body: { storage: { write_probe_ok: true } },
      });
      const writes = await everyWrite(service);
      for (const write of writes) {
        const { status, text } = await send(service, write);
        expect({ write: write.name, text, isDone: status < 300 }).toMatchObject({ isDone: true });
      }
      expect(writes.length).toBeGreaterThan(20);
      for (const path of [
        '/rebalance/proposals',
        '/rebalance/runs',
        '/rebalance/operations',
        '/rebalance/policies/catalog',
        '/rebalance/summary',
      ])
        expect({ path, ...(await answer(path)) }).toMatchObject({ path, status: 200 });
      await eventually(() => {
        expect(service.output()).toContain('"event":"purge.done"');
      });
      const retention = {
        IDEMPOTENCY_KEY_TTL_SECONDS: '1',
        DPM_SUPPORTABILITY_RETENTION_DAYS: '1',
      };
      expect(await cli(['purge'], { ...environment, ...retention })).toMatchObject({ code: 0 });
      expect(service.output()).not.toContain('42501');
      expect(service.output()).not.toContain('identity.unpinned');
    });

    it.each(BEYOND_ROWS)('keeps the service from %s', async (forbidden) => {
      await expect(query(url('app'), forbidden)).rejects.toMatchObject({ code: REFUSED });
    });

    it.each(['readonly', 'backup'])('lets %s read every table, and write none', async (role) => {
      const tables = await query<{ name: string }>(
        superuser(),
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
      );
      expect(tables.map((each) => each.name)).toEqual(
        expect.arrayContaining([...HISTORY, 'proposal_records', 'dpm_runs', 'policy_packs']),
      );
      // What only keeps from slips can be turned off by whoever is logged in.
      const armed = `${url(role)}?options=-c%20default_transaction_read_only%3Doff`;
      for (const { name: table } of tables) {
        await query(url(role), `SELECT * FROM ${table}`);
        await expect(query(armed, `DELETE FROM ${table}`)).rejects.toMatchObject({ code: REFUSED });
        await expect(query(url(role), `DELETE FROM ${table}`)).rejects.toMatchObject({
          code: READ_ONLY,
        });
      }
      for (const forbidden of BEYOND_ROWS)
        await expect(query(armed, forbidden)).rejects.toMatchObject({ code: REFUSED });
    });

    it('gives the tables of later migrations to each as those before, and lets no stranger in', async () => {
      const newer = installation();
      ends.push(newer.remove);
      const text =
        '-- holdfast: backward-compatible\nCREATE TABLE later_notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);\n';
      const migrations = join(newer.folder, 'migrations/dpm/postgres');
      const number = String(readdirSync(migrations).length + 1).padStart(4, '0');
      writeFileSync(join(migrations, `${number}_add_notes.sql`), text);
      const migrated = await cli(['migrate', 'up'], asOwner, newer.folder);
      expect(migrated).toMatchObject({
        // What takes long, since it is proved for builds that run, is told as it goes.
        stderr: expect.not.stringContaining('warning'),
        code: 0,
        stdout: expect.stringContaining('_add_notes'),
      });
      await query(
        url('app'),
        "INSERT INTO later_notes (note) VALUES ('a'); UPDATE later_notes SET note = 'b'",
      );
      for (const role of ['app', 'readonly', 'backup'])
        expect(await query(url(role), 'SELECT note FROM later_notes')).toEqual([{ note: 'b' }]);
      for (const table of HISTORY)
        await expect(query(url('app'), `DELETE FROM ${table}`)).rejects.toMatchObject({
          code: REFUSED,
        });
      // The build that serves goes on: the migration says that it may.
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      await query(server.url, "CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
      const stranger = `postgresql://stranger:stranger@127.0.0.1:${server.port}/holdfast`;
      await expect(query(stranger, 'SELECT 1')).rejects.toMatchObject({ code: REFUSED });
    });

    it('drains', async () => {
      const { code, stdout } = await service.stop();
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('"abandoned":0'),
      });
    });

    it('lets pg_dump as the role of backups dump all of it', async () => {
      // That of the machine dumps no newer server.
      if (name === 'of npm') {
        expect(() => execFileSync('pg_dump', [url('backup')], { stdio: 'pipe' })).toThrow(
          /version mismatch|server version/,
        );
        return;
      }
      const file = join(folder, 'dump');
      execFileSync('pg_dump', ['--format=custom', '--file', file, url('backup')], {
        stdio: 'pipe',
      });
      await query(server.url, 'CREATE DATABASE restored');
      const restored = new URL('/restored', server.url).href;
      execFileSync('pg_restore', ['--dbname', restored, file], { stdio: 'pipe' });
      const all = `SELECT string_agg(p::text, ';' ORDER BY p::text) AS rows FROM proposal_records p
       UNION ALL SELECT string_agg(m::text, ';' ORDER BY m::text) FROM holdfast_migrations m
       UNION ALL SELECT string_agg(l::text, ';' ORDER BY l::text) FROM later_notes l`;
      expect(await query(restored, all)).toEqual(await query(superuser(), all));
    });
  },
);
