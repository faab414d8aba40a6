import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Cluster, freePort, startCluster } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { failure, secretsOf } from '../support/failed-start.js';
import { type Environment, execute, jsonLines, type Line } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import {
  type Authority,
  type Certificate,
  certificateFolder,
  createAuthority,
  issueCertificate,
  offerTls,
} from '../support/tls.js';
import { ledgerAlwaysOn } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();

let cluster: Cluster;
/** With every migration, and otherwise as it comes. */
let migrated: TestDatabase;
beforeAll(async () => {
  cluster = await startCluster();
  migrated = await migratedDatabase(cluster);
}, 60_000);
afterAll(() => cluster.remove());

async function migratedDatabase({ url }: Cluster): Promise<TestDatabase> {
  const database = await createDatabase(url);
  const { code, stderr } = await execute('cli.js', ['migrate', 'up'], production(database.url));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return database;
}

async function ownDatabase(): Promise<TestDatabase> {
  const database = await migratedDatabase(cluster);
  later(() => database.drop());
  return database;
}

function production(DATABASE_URL: string, more: Environment = {}): Environment {
  return { APP_PERSISTENCE_PROFILE: 'PRODUCTION', HOST: '127.0.0.1', DATABASE_URL, ...more };
}

function changed(
  url: string,
  parts: Partial<Pick<URL, 'hostname' | 'password' | 'pathname' | 'username' | 'search'>>,
): string {
  return Object.assign(new URL(url), parts).href;
}

async function start(environment: Environment, cwd = temporaryFolder()): Promise<Service> {
  const service = await startService(environment, cwd);
  later(() => service.stop('SIGKILL'));
  return service;
}

const unavailable = (code: string) => ({ exit: 69, code });
const atOnce = (code: string) => ({ exit: 69, code, retries: 0 });

describe('a permanent fault ends the start at once, without a retry:', () => {
  it('a wrong password', async () => {
    const password = `wrong-${randomBytes(6).toString('hex')}`;
    const url = changed(migrated.url, { password });
    expect(await failure(production(url))).toMatchObject(atOnce('POSTGRES_AUTH_FAILED'));
  });

  it('an unknown role', async () => {
    const url = changed(migrated.url, { username: 'nobody_at_all' });
    expect(await failure(production(url))).toMatchObject(atOnce('POSTGRES_AUTH_FAILED'));
  });

  it('no password where the server wants one', async () => {
    const url = changed(migrated.url, { password: '' });
    const environment = production(url, { DB_STARTUP_TIMEOUT: '2' });
    expect(await failure(environment)).toMatchObject(atOnce('POSTGRES_AUTH_FAILED'));
  });

  it('a missing database', async () => {
    const url = changed(migrated.url, { pathname: '/not_there' });
    expect(await failure(production(url))).toMatchObject(atOnce('POSTGRES_DATABASE_MISSING'));
  });

  it.each(['require', 'verify-full'])('a server without TLS under sslmode=%s', async (mode) => {
    const url = changed(migrated.url, { search: `?sslmode=${mode}` });
    expect(await failure(production(url))).toMatchObject(atOnce('POSTGRES_TLS_FAILED'));
  });

  it('a server without TLS under DB_SSL_MODE=require, whatever a DSN says', async () => {
    const url = changed(migrated.url, { search: '?sslmode=disable' });
    const environment = production(url, { DB_SSL_MODE: 'require' });
    expect(await failure(environment)).toMatchObject(atOnce('POSTGRES_TLS_FAILED'));
  });
});

describe('a transient fault is tried again', () => {
  const soon = { DB_STARTUP_TIMEOUT: '2' };

  it('until DB_STARTUP_TIMEOUT when the server is down', async () => {
    const url = `postgresql://app:some-password@127.0.0.1:${await freePort()}/holdfast`;
    const { elapsedMs, retries, ...rest } = await failure(production(url, soon));
    expect(rest).toMatchObject(unavailable('POSTGRES_UNREACHABLE'));
    expect(retries).toBeGreaterThanOrEqual(2);
    expect(elapsedMs).toBeGreaterThanOrEqual(2000);
  });

  it('until DB_STARTUP_TIMEOUT when the server takes connections but says nothing', async () => {
    const proxy = await startProxy(cluster);
    later(() => proxy.close());
    proxy.stall();
    const environment = production(through(proxy, migrated.url), {
      ...soon,
      DB_CONNECT_TIMEOUT_MS: '300',
    });
    const { retries, ...rest } = await failure(environment);
    expect(rest).toMatchObject(unavailable('POSTGRES_UNREACHABLE'));
    expect(retries).toBeGreaterThanOrEqual(1);
  });

  it('when the role has no connection left', async () => {
    await migrated.query(
      `CREATE ROLE crowded LOGIN PASSWORD 'crowded-password' CONNECTION LIMIT 0`,
    );
    const crowded = changed(migrated.url, { username: 'crowded', password: 'crowded-password' });
    const { retries, ...rest } = await failure(production(crowded, soon));
    expect(rest).toMatchObject(unavailable('POSTGRES_TOO_MANY_CONNECTIONS'));
    expect(retries).toBeGreaterThanOrEqual(1);
  });

  it('and the service starts when the server comes up meanwhile', async () => {
    const proxy = await startProxy(cluster);
    later(() => proxy.close());
    proxy.cut();
    const starting = start(production(through(proxy, migrated.url)));
    await eventually(() => {
      expect(proxy.accepted()).toBeGreaterThanOrEqual(2);
    });
    proxy.mend();
    const service = await starting;
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const retries = jsonLines(service.output()).filter(({ event }) => event === 'database.retry');
    expect(retries.length).toBeGreaterThanOrEqual(2);
    expect(retries[0]).toMatchObject({
      level: 'warn',
      database: 'primary',
      code: 'POSTGRES_UNREACHABLE',
      attempt: 1,
    });
  });

  it('not for ever when the server goes silent in the middle of the verification', async () => {
    const proxy = await startProxy(cluster);
    later(() => proxy.close());
    proxy.when('pg_is_in_recovery', proxy.stall);
    const environment = production(through(proxy, migrated.url), {
      ...soon,
      DB_CONNECT_TIMEOUT_MS: '500',
      DB_STATEMENT_TIMEOUT_MS: '1000',
    });
    const { code } = await execute('main.js', [], environment, { limitMs: 12_000 });
    expect(code).toBe(69);
  });
});

describe('a database that is not fit for use is refused:', () => {
  it('read-only by default', async () => {
    const database = await ownDatabase();
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    expect(await failure(production(database.url))).toMatchObject(atOnce('POSTGRES_READ_ONLY'));
  });

  it('in an encoding that cannot hold every character', async () => {
    const latin = await createDatabase(
      cluster.url,
      `TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    later(() => latin.drop());
    const refused = atOnce('POSTGRES_ENCODING_UNSUPPORTED');
    expect(await failure(production(latin.url))).toMatchObject(refused);
    const { code, stderr } = await execute('cli.js', ['migrate', 'up'], production(latin.url));
    expect([code, stderr]).toEqual([69, expect.stringMatching(/^POSTGRES_ENCODING_UNSUPPORTED$/m)]);
    expect(await latin.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  it('with a role that may only read', async () => {
    await migrated.query(`CREATE ROLE reader LOGIN PASSWORD 'reader-password'`);
    await migrated.query('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
    const reader = changed(migrated.url, { username: 'reader', password: 'reader-password' });
    expect(await failure(production(reader))).toMatchObject(atOnce('POSTGRES_RIGHTS_MISSING'));
  });

  it('empty', async () => {
    const database = await createDatabase(cluster.url);
    later(() => database.drop());
    expect(await failure(production(database.url))).toMatchObject(atOnce('MIGRATIONS_PENDING'));
    expect(
      await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`),
    ).toEqual([]);
  });

  it('behind', async () => {
    const database = await ownDatabase();
    await database.query(`DELETE FROM holdfast_migrations WHERE version = '0003'`);
    expect(await failure(production(database.url))).toMatchObject(atOnce('MIGRATIONS_PENDING'));
  });

  it('ahead', async () => {
    const database = await ownDatabase();
    await database.query(`INSERT INTO holdfast_migrations
      SELECT store, '9999', 'from_the_future', checksum, now(), 1, applied_by, '9.9.9'
        FROM holdfast_migrations WHERE version = '0001'`);
    for (const MIGRATE_ON_START of ['false', 'true']) {
      const environment = production(database.url, { MIGRATE_ON_START });
      expect(await failure(environment)).toMatchObject(atOnce('SCHEMA_NEWER_THAN_BUILD'));
    }
  });

  it('made by a migration that has been edited since', async () => {
    const database = await ownDatabase();
    await database.query(
      `UPDATE holdfast_migrations SET checksum = repeat('0', 64)
        WHERE store = 'advisory' AND version = '0001'`,
    );
    for (const MIGRATE_ON_START of ['false', 'true']) {
      const environment = production(database.url, { MIGRATE_ON_START });
      expect(await failure(environment)).toMatchObject(
        atOnce('MIGRATION_CHECKSUM_MISMATCH:advisory:0001'),
      );
    }
  });

  it('one of two', async () => {
    const pending = await createDatabase(cluster.url);
    later(() => pending.drop());
    const environment = production(migrated.url, { PROPOSAL_POSTGRES_DSN: pending.url });
    expect(await failure(environment)).toMatchObject(atOnce('MIGRATIONS_PENDING'));
  });

  it('before the port is opened', async () => {
    const taken = createServer();
    const PORT = await listenOn(taken);
    const url = changed(migrated.url, { pathname: '/not_there' });
    expect(await failure(production(url, { PORT }))).toMatchObject(
      atOnce('POSTGRES_DATABASE_MISSING'),
    );
  });
});

describe('a server with TLS', () => {
  let secured: Cluster;
  let database: TestDatabase;
  let folder: string;
  let authority: Authority;
  let stranger: Authority;
  let certificate: Certificate;
  beforeAll(async () => {
    folder = certificateFolder();
    authority = await createAuthority(folder, 'authority');
    stranger = await createAuthority(folder, 'stranger');
    certificate = await issueCertificate(folder, authority, 'localhost', ['DNS:localhost']);
    secured = await startCluster();
    database = await migratedDatabase(secured);
    await offerTls(secured, certificate);
  }, 60_000);
  afterAll(async () => {
    await secured.remove();
    rmSync(folder, { recursive: true });
  });

  const at = (hostname: string, mode: string) =>
    changed(database.url, { hostname, search: `?sslmode=${mode}` });

  /** Whether the connections of each service are encrypted, told by the server. */
  async function encryption(): Promise<readonly boolean[]> {
    const rows = await database.query<{ ssl: boolean }>(
      `SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
        WHERE a.datname = current_database() AND a.application_name LIKE 'holdfast%'`,
    );
    return rows.map(({ ssl }) => ssl);
  }

  async function expectEncrypted(environment: Environment): Promise<void> {
    const service = await start(environment);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const encrypted = await encryption();
    expect(encrypted.length).toBeGreaterThan(0);
    expect(encrypted).not.toContain(false);
    await service.stop();
  }

  it('is used with encryption under sslmode=require', async () => {
    await expectEncrypted(production(at('127.0.0.1', 'require')));
  });

  it('is used without encryption under sslmode=disable, and only then', async () => {
    const service = await start(production(at('127.0.0.1', 'disable')));
    await fetch(`${service.url}/health/ready`);
    expect(await encryption()).toContain(false);
  });

  it('is used with encryption when DB_SSL_MODE asks for more than the DSN', async () => {
    const url = at('127.0.0.1', 'disable');
    await expectEncrypted(production(url, { DB_SSL_MODE: 'require' }));
  });

  it('passes verify-full by its name and its authority', async () => {
    const DB_SSL_CA_FILE = authority.file;
    await expectEncrypted(production(at('localhost', 'verify-full'), { DB_SSL_CA_FILE }));
  });

  it('passes require with its authority given, by whatever name', async () => {
    const DB_SSL_CA_FILE = authority.file;
    await expectEncrypted(production(at('127.0.0.1', 'require'), { DB_SSL_CA_FILE }));
  });

  it.each([
    ['an unknown authority', 'localhost', 'verify-full', (): string => stranger.file],
    [
      'an unknown authority and no check of the name',
      'localhost',
      'require',
      (): string => stranger.file,
    ],
    [
      'no authority but those of the system',
      'localhost',
      'verify-full',
      (): undefined => undefined,
    ],
    [
      'an address for which it has no certificate',
      '127.0.0.1',
      'verify-full',
      (): string => authority.file,
    ],
  ] as const)('fails for good with %s', async (_name, host, mode, trusted) => {
    const file = trusted();
    const environment = production(at(host, mode), file ? { DB_SSL_CA_FILE: file } : {});
    expect(await failure(environment)).toMatchObject(atOnce('POSTGRES_TLS_FAILED'));
    const migrate = await execute('cli.js', ['migrate', 'status'], environment);
    expect(migrate).toMatchObject({ code: 69, stdout: '' });
    expect(migrate.stderr).toContain('POSTGRES_TLS_FAILED');
  });

  it('is checked under PRODUCTION defaults only on the way to another machine', async () => {
    const url = changed(database.url, { search: '' });
    const service = await start(production(url));
    await fetch(`${service.url}/health/ready`);
    expect(await encryption()).toContain(false);
  });

  describe('and a certificate for another name', () => {
    beforeAll(async () => {
      await offerTls(
        secured,
        await issueCertificate(folder, authority, 'elsewhere', ['DNS:db.example', 'IP:127.0.0.1']),
      );
    }, 60_000);

    it('fails verify-full for good', async () => {
      const DB_SSL_CA_FILE = authority.file;
      const environment = production(at('localhost', 'verify-full'), { DB_SSL_CA_FILE });
      expect(await failure(environment)).toMatchObject(atOnce('POSTGRES_TLS_FAILED'));
    });

    it('passes verify-full by an address that the certificate names', async () => {
      const DB_SSL_CA_FILE = authority.file;
      await expectEncrypted(production(at('127.0.0.1', 'verify-full'), { DB_SSL_CA_FILE }));
    });
  });
});

describe('MIGRATE_ON_START=true', () => {
  it('migrates an empty database and serves', async () => {
    const database = await createDatabase(cluster.url);
    later(() => database.drop());
    const service = await start(production(database.url, { MIGRATE_ON_START: 'true' }));
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const ledger = await database.query(
      'SELECT store, version FROM holdfast_migrations ORDER BY store, version',
    );
    expect(ledger).toEqual(ledgerAlwaysOn());
    const applied = jsonLines(service.output()).filter(
      ({ event }) => event === 'migration.applied',
    );
    expect(applied).toHaveLength(ledgerAlwaysOn().length);
  });
});

async function listenOn(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}

describe('the port', () => {
  it('that is taken ends the start with LISTEN_FAILED', async () => {
    const PORT = await listenOn(createServer());
    const cwd = temporaryFolder();
    expect(await failure({ PORT }, { cwd })).toMatchObject({ exit: 1, code: 'LISTEN_FAILED' });
  });

  it('that is taken does so under PRODUCTION too, with the pools closed', async () => {
    const PORT = await listenOn(createServer());
    expect(await failure(production(migrated.url, { PORT }))).toMatchObject({
      exit: 1,
      code: 'LISTEN_FAILED',
    });
  });

  it('of an address that is not this machine is LISTEN_FAILED', async () => {
    const cwd = temporaryFolder();
    expect(await failure({ HOST: '192.0.2.1' }, { cwd })).toMatchObject({
      exit: 1,
      code: 'LISTEN_FAILED',
    });
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it.each(['SQLite', 'PostgreSQL'])('ends a service on %s with 0', async (kind) => {
    const environment = kind === 'SQLite' ? {} : production(migrated.url);
    const service = await start(environment);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const { code, stdout, stderr } = await service.stop(signal);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = jsonLines(stdout).map(({ event }) => event);
    expect(events.slice(-2)).toEqual(['draining', 'stopped']);
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow('fetch failed');
  });
});

describe('an SQLite path that cannot be used ends the start with 69:', () => {
  it('a folder', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'folder'));
    expect(await failure({ SQLITE_PATH: 'folder' }, { cwd })).toMatchObject(
      atOnce('SQLITE_UNAVAILABLE'),
    );
  });

  it('below a file', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'file'), '');
    expect(await failure({ SQLITE_PATH: 'file/holdfast.sqlite' }, { cwd })).toMatchObject(
      atOnce('SQLITE_UNAVAILABLE'),
    );
  });

  it('a file that is no database, which stays as it is', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'notes.txt'), 'These are my notes. '.repeat(100));
    expect(await failure({ SQLITE_PATH: 'notes.txt' }, { cwd })).toMatchObject(
      atOnce('SQLITE_UNAVAILABLE'),
    );
    expect(readdirSync(cwd)).toEqual(['notes.txt']);
  });
});

describe("libpq's own variables", () => {
  const misleading = {
    PGHOST: '192.0.2.1',
    PGHOSTADDR: '192.0.2.1',
    PGPORT: '1',
    PGUSER: 'somebody',
    PGPASSWORD: 'something',
    PGDATABASE: 'somewhere',
    PGSSLMODE: 'verify-full',
    PGAPPNAME: 'something else',
    PGOPTIONS: '-c default_transaction_read_only=on',
    PGCONNECT_TIMEOUT: '1',
    PGTZ: 'Mars/Olympus',
    PGCLIENTENCODING: 'LATIN1',
  };

  it('have no influence on a service that is told everything', async () => {
    const database = await ownDatabase();
    const service = await start(production(database.url, misleading));
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect((await create(service, 'pg-variables')).status).toBe(201);
    const names = await database.query<{ application_name: string }>(
      `SELECT DISTINCT application_name FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'
          AND pid <> pg_backend_pid() ORDER BY 1`,
    );
    for (const { application_name } of names) expect(application_name).toMatch(/^holdfast/);
  });

  it('have no influence on the command program', async () => {
    const environment = production(migrated.url, misleading);
    expect(await execute('cli.js', ['migrate', 'status'], environment)).toMatchObject({ code: 0 });
  });

  it('do not lend a password that the DSN lacks, nor does a password file', async () => {
    const { password, hostname, port } = new URL(migrated.url);
    const home = temporaryFolder();
    const PGPASSFILE = join(home, '.pgpass');
    writeFileSync(PGPASSFILE, `${hostname}:${port}:*:*:${password}\n`, { mode: 0o600 });
    const environment = production(changed(migrated.url, { password: '' }), {
      PGPASSWORD: password,
      PGPASSFILE,
      HOME: home,
      DB_STARTUP_TIMEOUT: '1',
    });
    expect((await failure(environment)).exit).toBe(69);
  });

  it('do not stand in for a DSN that is missing', async () => {
    const { hostname, port, username, password, pathname } = new URL(migrated.url);
    const { code, stderr } = await execute('main.js', [], {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: password,
      PGDATABASE: pathname.slice(1),
    });
    expect(code).toBe(78);
    expect(stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN');
  });
});

describe('.env in the working directory', () => {
  it('is read under LOCAL, and the environment of the process wins', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.env'), 'SQLITE_PATH=from-dotenv.sqlite\nAPP_ENV=dev\n');
    const service = await start({ APP_ENV: 'test' }, cwd);
    const health = (await (await fetch(`${service.url}/health`)).json()) as Line;
    expect(health).toMatchObject({ profile: 'LOCAL', environment: 'test' });
    expect(readdirSync(cwd)).toContain('from-dotenv.sqlite');
    expect(readdirSync(cwd)).not.toContain('data');
  });

  it('may hold the DSN of a store under LOCAL', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, '.env'),
      `DB_TYPE=postgresql\nDATABASE_URL='${migrated.url}'\nLOG_LEVEL=info\n`,
    );
    const service = await start({}, cwd);
    const health = (await (await fetch(`${service.url}/health`)).json()) as Line;
    expect(health).toMatchObject({ profile: 'LOCAL', database: { type: 'postgresql' } });
  });

  it('is not read under PRODUCTION', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.env'), `DATABASE_URL='${migrated.url}'\n`);
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
    const { code, stderr } = await execute('main.js', [], environment, { cwd });
    expect(code).toBe(78);
    expect(stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN');
  });

  it('cannot choose PRODUCTION', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, '.env'),
      `APP_PERSISTENCE_PROFILE=PRODUCTION\nDATABASE_URL='${migrated.url}'\n`,
    );
    const { code, stderr } = await execute('main.js', [], {}, { cwd });
    expect(code).toBe(78);
    expect(stderr).toContain('SETTING_INVALID');
    expect(stderr).toContain('APP_PERSISTENCE_PROFILE');
  });
});

function create(service: Service, key: string, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key, ...headers },
    body: JSON.stringify({ portfolio_id: 'PF-1', created_by: 'startup-test', document: { a: 1 } }),
  });
}

describe('the log under LOG_FORMAT=json', () => {
  const LIFECYCLE = ['identity.pinned', 'started', 'listening', 'draining', 'stopped'];
  /** What the service tells by itself of a table that is gone. */
  const WATCHED = ['check.failed', 'ready.lost', 'database.unfit'];

  it('is JSON in every line, and every line of a request carries its correlation id', async () => {
    const database = await ownDatabase();
    const service = await start(production(database.url));
    const ids = Array.from({ length: 8 }, (_, index) => `request-${index}`);
    const created = await Promise.all(
      ids.map((id) => create(service, id, { 'X-Correlation-Id': id })),
    );
    expect(created.map(({ status }) => status)).toEqual(ids.map(() => 201));
    expect(created.map(({ headers }) => headers.get('x-correlation-id'))).toEqual(ids);

    await database.query('DROP TABLE proposal_records CASCADE');
    const failed = await create(service, 'request-failed', { 'X-Correlation-Id': 'failed' });
    expect(failed.status).toBe(503);
    const problem = { correlation_id: 'failed', code: 'SCHEMA_INCOMPATIBLE' };
    expect(await failed.json()).toMatchObject(problem);
    const unnamed = await fetch(`${service.url}/no/such/route`);
    const made = unnamed.headers.get('x-correlation-id');
    expect(made).toMatch(/^[\w-]{8,}$/);

    const { code, stdout, stderr } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const secret of secretsOf({ DATABASE_URL: database.url }))
      expect(stdout).not.toContain(secret);
    const lines = jsonLines(stdout);
    for (const line of lines) {
      expect(line.level).toMatch(/^(info|warn|error)$/);
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      expect(line.event).toMatch(/\w/);
    }
    const own = [...LIFECYCLE, ...WATCHED];
    const ofRequests = lines.filter(({ event }) => !own.includes(String(event)));
    const counts = new Map<unknown, string[]>();
    for (const { correlation_id: id, event } of ofRequests) {
      counts.set(id, [...(counts.get(id) ?? []), String(event)]);
    }
    expect(Object.fromEntries(counts)).toEqual({
      ...Object.fromEntries(ids.map((id) => [id, ['request.completed']])),
      failed: ['request.failed', 'request.completed'],
      [made ?? '']: ['request.completed'],
    });
  });

  it('holds no secret at its most talkative, whatever becomes of the start', async () => {
    const password = `Pass ${randomBytes(8).toString('hex')} wörd%/?#@`;
    await migrated.query(`CREATE ROLE secretive LOGIN SUPERUSER PASSWORD '${password}'`);
    const url = changed(migrated.url, {
      username: 'secretive',
      password: encodeURIComponent(password),
    });
    const redis = `redis://:${randomBytes(8).toString('hex')}@127.0.0.1:1/0`;
    const environment = production(url, { LOG_LEVEL: 'trace', REDIS_URL: redis });
    const secrets = [...secretsOf(environment), new URL(redis).password, password];

    const service = await start(environment);
    expect((await create(service, 'secretive')).status).toBe(201);
    await fetch(`${service.url}/health`);
    const { stdout, stderr } = await service.stop();
    const refused = await Promise.all(
      [
        { ...environment, DATABASE_URL: changed(url, { pathname: '/not_there' }) },
        { ...environment, DATABASE_URL: changed(url, { username: 'nobody_at_all' }) },
        { ...environment, DB_SSL_MODE: 'require' },
        { ...environment, HOST: '192.0.2.1' },
      ].map((each) => execute('main.js', [], each)),
    );
    expect(refused.map(({ code }) => code)).toEqual([69, 69, 69, 1]);
    const output = [
      stdout,
      stderr,
      ...refused.flatMap((each) => [each.stdout, each.stderr]),
    ].join();
    for (const secret of secrets) expect(output).not.toContain(secret);
  });
});
