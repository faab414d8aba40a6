import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { clientConfig, connectClient } from '@holdfast/postgres/connection/postgres-client';
import { service } from '../../src/service.js';
import { type Pooler, startPooler } from '../support/pgbouncer.js';
import {
  type PostgresServer,
  serverUser,
  startPostgresServer,
} from '../support/postgres-server.js';
import { poolSettings } from '../support/settings.js';
import { providerDsns, type Shape } from '../support/provider-dsns.js';
import {
  type Authority,
  type Certificate,
  certificateFolder,
  createAuthority,
  issueCertificate,
} from '../support/tls.js';
import { type Router, startRouter } from '../support/wire-router.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

/** Nobody comes in over TCP unencrypted, and one user shows a certificate in place of a password. */
const ACCESS = `local all all scram-sha-256
hostssl bank maxroach localhost cert
hostssl all all localhost scram-sha-256
`;
/** A server is started twice, and a dozen of databases are made. */
const START_MS = 120_000;
const ADMIN = 'admin_of_the_tests';

const folder = certificateFolder();
const sockets = join(folder, 'sockets');
let server: PostgresServer;
let authority: Authority;
let client: Certificate;
let router: Router;
let plain: Router;
let expired: Router;
const poolers = new Map<string, Pooler>();

const adminUrl = (database = 'postgres') =>
  `postgresql://${ADMIN}:invented@localhost:${server.port}/${encodeURIComponent(database)}`;

beforeAll(async () => {
  authority = await createAuthority(folder, 'authority');
  const own = await issueCertificate(folder, authority, 'server', ['DNS:localhost']);
  client = await issueCertificate(folder, authority, 'maxroach', ['DNS:maxroach']);
  server = await startPostgresServer();
  await onceOn(server.url, `CREATE ROLE ${ADMIN} SUPERUSER LOGIN PASSWORD 'invented'`);
  await server.stop();
  writeFileSync(join(server.data, 'pg_hba.conf'), ACCESS);
  mkdirSync(sockets);
  const { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = serverUser();
  for (const path of [own.key, sockets]) chownSync(path, uid, gid);
  const tls = { ssl: 'on', ssl_cert_file: own.file, ssl_key_file: own.key };
  const settings = { ...tls, ssl_ca_file: authority.file, unix_socket_directories: sockets };
  await server.start(
    Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  );
  const socket = join(sockets, `.s.PGSQL.${server.port}`);
  symlinkSync(socket, join(sockets, '.s.PGSQL.5432'));
  router = await startRouter(
    socket,
    await issueCertificate(folder, authority, 'router', ['DNS:localhost']),
  );
  plain = await startRouter(socket);
  const old = await issueCertificate(folder, authority, 'old', ['DNS:localhost'], 'expired');
  expired = await startRouter(socket, old);
  await createWhatIsNamed();
}, START_MS);
afterAll(async () => {
  for (const pooler of poolers.values()) await pooler.stop();
  for (const each of [router, plain, expired]) await each.close();
  await server.remove();
  rmSync(folder, { recursive: true });
});

const working = providerDsns.flatMap(({ provider, dsn, outcome }) =>
  'works' in outcome ? [{ provider, dsn, shape: outcome.works }] : [],
);
const refused = providerDsns.flatMap(({ provider, dsn, outcome }) =>
  'refused' in outcome ? [{ provider, dsn, code: outcome.refused }] : [],
);

async function onceOn(url: string, ...statements: readonly string[]): Promise<void> {
  const session = new pg.Client({ connectionString: url, ssl: url.includes(ADMIN) && SELF_SIGNED });
  await session.connect();
  for (const statement of statements) await session.query(statement);
  await session.end();
}
const SELF_SIGNED = { rejectUnauthorized: false };

/** The users and databases of every string, with their passwords. */
async function createWhatIsNamed(): Promise<void> {
  const named = working.map(({ dsn }) => {
    const [, user = '', password = 'none', database = ''] =
      /^\w+:\/\/([^:@]*)(?::([^@]*))?@[^/]*\/([^?]*)/.exec(dsn) ?? [];
    return { user: decodeURIComponent(user), password, database };
  });
  const roles = new Map(named.map(({ user, password }) => [user, password]));
  const password = (user: string) =>
    named.find((each) => each.user === user && each.password !== 'none')?.password ?? 'none';
  const databases = new Set(named.map(({ database }) => database));
  await onceOn(
    adminUrl(),
    ...[...roles.keys()].map((user) => {
      const verb = user === 'postgres' ? 'ALTER' : 'CREATE';
      return `${verb} ROLE ${pg.escapeIdentifier(user)} LOGIN PASSWORD ${pg.escapeLiteral(password(user))}`;
    }),
    ...[...databases]
      .filter((database) => database !== 'postgres')
      .map((database) => `CREATE DATABASE ${pg.escapeIdentifier(database)}`),
  );
}

/** The same settings, with the servers of the tests in place of those that are named. */
async function pointedAt(shape: Shape, database: PostgresSettings): Promise<PostgresSettings> {
  const { dsn } = database;
  const ports: Partial<Record<Shape, number>> = {
    socket: 5432,
    router: router.port,
    local: plain.port,
    ...(shape === 'pooler' && { pooler: await poolerPort(dsn.database) }),
  };
  const host = shape === 'socket' ? sockets : 'localhost';
  const [first, ...others] = dsn.hosts.map(() => ({ host, port: ports[shape] ?? server.port }));
  return { ...database, dsn: { ...dsn, hosts: [first ?? dsn.hosts[0], ...others] } };
}

async function poolerPort(database: string): Promise<number> {
  const [key, cert] = ['pooler.key', 'pooler.crt'].map((name) => join(folder, name));
  const pooler =
    poolers.get(database) ??
    (await (async () => {
      await issueCertificate(folder, authority, 'pooler', ['DNS:localhost']);
      // PgBouncer runs as somebody else.
      chmodSync(key ?? '', 0o644);
      return startPooler(adminUrl(database), 'transaction', 2, {
        client_tls_sslmode: 'require',
        server_tls_sslmode: 'require',
        client_tls_key_file: key ?? '',
        client_tls_cert_file: cert ?? '',
      });
    })());
  poolers.set(database, pooler);
  return Number(new URL(pooler.url).port);
}

/** Files by what their names say; every authority is that of the tests. */
function readFile(path: string): string {
  if (path === '.env') throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  if (path.endsWith('.key')) return readFileSync(client.key, 'utf8');
  return path.includes('client') ? readFileSync(client.file, 'utf8') : authority.pem;
}

function settled(dsn: string) {
  const environment = {
    ...WITHOUT_CALLERS,
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: dsn,
  };
  return judgeSettings(readEnvironment(environment, service, readFile), service, readFile);
}

function databaseOf(dsn: string): PostgresSettings {
  const verdict = settled(dsn);
  if ('violations' in verdict) throw new Error(JSON.stringify(verdict.violations));
  const [database] = verdict.settings.databases;
  if (database?.type !== 'postgresql') throw new Error('it is on no PostgreSQL');
  return database;
}

interface Session {
  readonly user: string;
  readonly database: string;
  readonly ssl: boolean;
  readonly application: string;
  readonly jit: string;
}

async function sessionOf(database: PostgresSettings): Promise<Session> {
  const session = await connectClient(clientConfig(database, poolSettings()));
  try {
    const { rows } = await session.query<Session>(
      `SELECT current_user AS user, current_database() AS database, ssl,
              current_setting('application_name') AS application, current_setting('jit') AS jit
         FROM pg_stat_ssl WHERE pid = pg_backend_pid()`,
    );
    const [row] = rows;
    if (!row) throw new Error('the server has no such session');
    return row;
  } finally {
    await session.end();
  }
}

/** What an operator is told of a log-in that fails. */
async function told(dsn: string): Promise<string> {
  const database = databaseOf(dsn);
  const config = clientConfig(database, poolSettings());
  const error = await connectClient(config).then(
    async (session) => {
      await session.end();
      throw new Error('it was let in');
    },
    (cause: unknown) => cause,
  );
  const { code, message } = databaseFailure(database, error);
  return `${code} ${message}`;
}

describe('the connection string of a provider', () => {
  it('is there for more than twenty of them', () => {
    expect(working.length).toBeGreaterThan(20);
    expect(working.length + refused.length).toBe(providerDsns.length);
  });

  it.each(working)('$provider works as pasted: $dsn', async ({ dsn, shape }) => {
    const database = databaseOf(dsn);
    const session = await sessionOf(await pointedAt(shape, database));
    const isEncrypted = ['tls', 'standbys', 'client certificate', 'pooler'].includes(shape);
    expect(session).toMatchObject({ database: database.dsn.database, ssl: isEncrypted });
    // A pooler has sessions of its own.
    if (shape === 'pooler') return;
    expect(session).toMatchObject({
      user: database.dsn.user,
      application: database.applicationName,
      jit: database.dsn.options?.includes('jit=off') ? 'off' : 'on',
    });
  });

  it.each(refused)('$provider is refused with $code: $dsn', ({ dsn, code }) => {
    const verdict = settled(dsn);
    const violations = 'violations' in verdict ? verdict.violations : [];
    const codes = new Set(violations.map((each) => `${each.code} ${each.variable}`));
    expect([...codes]).toEqual([`${code} DATABASE_URL`]);
    expect(violations.map((each) => each.fix).join('')).toMatch(/\S/);
    expect(JSON.stringify(violations)).not.toContain('invented');
  });

  it('leads a router to its cluster', () => {
    expect(router.options).toEqual(
      expect.arrayContaining(['endpoint=ep-cool-darkness-a1b2c3d4', '--cluster=funky-skunk-123']),
    );
  });
});

describe('a log-in that fails over encryption says which of it failed', () => {
  const base = 'postgresql://app:invented@localhost';
  const here = (query = '') => `${base}:${server.port}/orders${query}`;
  const verified = '?sslmode=verify-full&sslrootcert=/ca.pem';

  it.each<[string, string, () => string]>([
    [
      'takes encrypted connections only',
      'ask for encryption with sslmode=require',
      () => here('?sslmode=disable'),
    ],
    ['offers no TLS', 'offers no TLS', () => `${base}:${plain.port}/orders?sslmode=require`],
    [
      'is signed by nobody who is trusted',
      'name the authority',
      () => here('?sslmode=verify-full'),
    ],
    [
      'has another name',
      'not for this host',
      () => here(verified).replace('localhost', '127.0.0.1'),
    ],
    [
      'has an expired certificate',
      'has expired',
      () => `${base}:${expired.port}/orders${verified}`,
    ],
    [
      'wants a client certificate',
      'sslcert and sslkey',
      () => `postgresql://maxroach:invented@localhost:${server.port}/bank?sslmode=require`,
    ],
    [
      'does not bind the channel',
      'SCRAM-SHA-256-PLUS',
      () => `${base}:${router.port}/orders?channel_binding=require`,
    ],
  ])('where the server %s', async (_, text, dsn) => {
    const said = await told(dsn());
    expect(said).toMatch(/^POSTGRES_TLS_FAILED /);
    expect(said).toContain(text);
    expect(said).not.toContain('invented');
  });

  it('but verify-ca does not look at the name, and checks the authority', async () => {
    const address = here('?sslmode=verify-ca&sslrootcert=/ca.pem').replace(
      'localhost',
      '127.0.0.1',
    );
    expect((await sessionOf(databaseOf(address))).ssl).toBe(true);
    const other = await createAuthority(folder, 'other');
    const database = databaseOf(address);
    const config = clientConfig(
      { ...database, tls: { ...database.tls, ca: other.pem } },
      poolSettings(),
    );
    await expect(connectClient(config)).rejects.toThrow(/certificate|issuer/);
  });

  it('and channel_binding=prefer binds where it can be', async () => {
    expect((await sessionOf(databaseOf(here('?channel_binding=prefer&sslmode=require')))).ssl).toBe(
      true,
    );
    const elsewhere = `${base}:${router.port}/orders?channel_binding=prefer&sslmode=require`;
    expect((await sessionOf(databaseOf(elsewhere))).database).toBe('orders');
  });
});
