import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf, migrate, type MigrateTarget, postgresTarget } from '../support/migrate.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startPostgresServer } from '../support/postgres-server.js';
import { type Environment, execute, start } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { STORES } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();

interface Document {
  readonly verdict: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly code: string | null;
    readonly detail: string;
  }[];
}

const ALL = ['--connect', '--migrations'];

async function check(environment: Environment, args: readonly string[] = ALL) {
  const ended = await execute('cli.js', ['check', '--json', ...args], environment, {
    limitMs: 60_000,
  });
  const document = documentOf(ended) as Document;
  const codes = Object.fromEntries(
    document.checks.filter(({ ok }) => !ok).map(({ name, code }) => [name, code]),
  );
  return { ...ended, document, codes };
}

describe('holdfast check', () => {
  let target: MigrateTarget;
  let drop: () => unknown;
  let redis: RedisServer;
  let strict: Environment;
  beforeAll(async () => {
    target = await postgresTarget((work) => (drop = work));
    redis = await startRedis();
    expect((await migrate(target, ['up'])).code).toBe(0);
    strict = { ...target.environment, APP_ENV: 'production', REDIS_URL: redis.url };
  });
  afterAll(async () => {
    await redis.remove();
    await drop();
  });

  it('says go, and what it has looked at', async () => {
    const { code, document } = await check(strict);
    expect(code).toBe(0);
    expect(document.verdict).toBe('go');
    const database = [
      'connection',
      'writable',
      'tls',
      'certificate',
      'server_version',
      'clock',
      'rights',
      'least_rights',
      'schema',
      'writes',
      'durability',
      'synchronous_commit',
      'checksums',
      'transaction_ids',
      'identity',
    ];
    expect(document.checks.map(({ name }) => name)).toEqual([
      'guard',
      'media_files',
      ...[...database, 'connection_budget'].map((name) => `database.primary.${name}`),
      'redis',
      ...STORES.map((store) => `migrations.${store}`),
      ...STORES.map((store) => `drift.${store}`),
    ]);
    const warnings: Readonly<Record<string, string>> = {
      // No PRODUCTION start was there to pin it.
      'database.primary.identity': 'DATABASE_IDENTITY_UNPINNED',
      // It is the superuser of the tests.
      'database.primary.least_rights': 'POSTGRES_RIGHTS_EXCESSIVE',
    };
    for (const each of document.checks)
      expect(each).toEqual({
        name: each.name,
        ok: true,
        code: warnings[each.name] ?? null,
        detail: expect.any(String),
      });
    const people = await execute('cli.js', ['check', '--connect'], strict);
    expect(people.stdout).toMatch(/^ok +database\.primary\.writable +a row was written/m);
    expect(people.stdout).toMatch(/\ngo\n$/);
  });

  it('judges the configuration alone when nothing else is asked for', async () => {
    const dead = { ...strict, DATABASE_URL: 'postgresql://app@127.0.0.1:1/x' };
    const { code, document } = await check(dead, []);
    expect(code).toBe(0);
    expect(document.checks).toHaveLength(1);
  });

  it.each([['--instances', '0'], ['--instances', 'two'], ['--reserve', '-1'], ['--nonsense']])(
    'refuses %s %s',
    async (...args) => {
      const ended = await execute('cli.js', ['check', ...args], strict);
      expect(ended.code).toBe(64);
    },
  );

  describe('of a configuration that the guard refuses', () => {
    it('names every fault of a connection string, and what to write', async () => {
      const { codes, document } = await check({
        ...target.environment,
        DATABASE_URL: 'postgresql://app:seeded@db/holdfast?ssl=true&sslmode=prefer',
      });
      expect(codes).toMatchObject({
        'guard.DATABASE_URL': 'DSN_PARAMETER_UNSUPPORTED',
        'guard.DATABASE_URL.2': 'DSN_PARAMETER_UNSUPPORTED',
      });
      const { detail } = document.checks.find(({ name }) => name === 'guard.DATABASE_URL') ?? {};
      expect(detail).toContain('sslmode=verify-full');
    });

    it('checks what is certain all the same', async () => {
      const { code, codes, document, stderr } = await check({
        ...target.environment,
        APP_ENV: 'production',
        LOG_LEVEL: 'loud',
      });
      expect(code).toBe(78);
      expect(document.verdict).toBe('no-go');
      expect(codes).toEqual({
        'guard.REDIS_URL': 'ENVIRONMENT_REQUIRES_REDIS_URL',
        'guard.LOG_LEVEL': 'SETTING_INVALID',
        redis: 'CHECK_NOT_RUN',
      });
      expect(stderr).toContain('ENVIRONMENT_REQUIRES_REDIS_URL');
      expect(document.checks).toContainEqual(
        expect.objectContaining({ name: 'database.primary.writable', ok: true }),
      );
    });

    it('names the stores whose database is not certain', async () => {
      const { code, codes, stdout, stderr } = await check({
        ...strict,
        PROPOSAL_POSTGRES_DSN: 'postgresql://app:seeded#4@db/x',
      });
      expect(code).toBe(78);
      expect(codes).toEqual({
        'guard.PROPOSAL_POSTGRES_DSN': 'DSN_PASSWORD_NOT_ENCODED',
        'store.advisory': 'CHECK_NOT_RUN',
        'migrations.advisory': 'CHECK_NOT_RUN',
      });
      expect(stdout + stderr).not.toContain('seeded');
    });

    it.each([{ DB_SSL_MODE: 'verify_full' }, { APP_PERSISTENCE_PROFILE: 'PROD' }])(
      'connects nowhere under %j',
      async (changed) => {
        const { code, codes } = await check({ ...strict, ...changed });
        expect(code).toBe(78);
        expect(Object.values(codes).filter((each) => each === 'CHECK_NOT_RUN')).toHaveLength(
          2 * STORES.length,
        );
      },
    );
  });

  describe('of dependencies that are not as they should be', () => {
    it('asks the others when one cannot be reached', async () => {
      const url = `postgresql://app:seeded@127.0.0.1:${await freePort()}/orders`;
      const { code, codes, document, stdout } = await check({ ...strict, DATABASE_URL: url });
      expect(code).toBe(69);
      expect(codes).toMatchObject({
        'database.primary.connection': 'POSTGRES_UNREACHABLE',
        'database.primary.writable': 'CHECK_NOT_RUN',
        'database.primary.connection_budget': 'CHECK_NOT_RUN',
        'migrations.dpm': 'POSTGRES_UNREACHABLE',
        'drift.dpm': 'CHECK_NOT_RUN',
      });
      expect(document.checks).toContainEqual(expect.objectContaining({ name: 'redis', ok: true }));
      expect(stdout).toContain('at postgresql://app:***@127.0.0.1');
      expect(stdout).not.toContain('seeded');
    });

    it.each([
      ['a wrong password', 'POSTGRES_AUTH_FAILED', (url: URL) => (url.password = 'wrong')],
      ['no such database', 'POSTGRES_DATABASE_MISSING', (url: URL) => (url.pathname = '/none')],
      ['no TLS', 'POSTGRES_TLS_FAILED', (url: URL) => (url.search = '?sslmode=require')],
    ])('tells %s as %s', async (_, expected, change) => {
      const url = new URL(target.environment.DATABASE_URL ?? '');
      change(url);
      const { code, codes } = await check({ ...strict, DATABASE_URL: url.href }, ['--connect']);
      expect(code).toBe(69);
      expect(codes['database.primary.connection']).toBe(expected);
    });

    it('tells a database without tables, and an ordinary role without rights', async () => {
      const database = await createDatabase();
      later(() => database.drop());
      const environment = { ...target.environment, DATABASE_URL: database.url };
      const empty = await check(environment);
      expect(empty.code).toBe(1);
      expect(empty.codes).toEqual({
        'database.primary.writable': 'MIGRATIONS_PENDING',
        'database.primary.schema': 'MIGRATIONS_PENDING',
        ...Object.fromEntries(STORES.map((name) => [`migrations.${name}`, 'MIGRATIONS_PENDING'])),
      });

      await migrate({ environment }, ['up']);
      const role = new URL(database.url).pathname.slice(1);
      await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'ordinary'`);
      later(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
      await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
      const url = new URL(database.url);
      [url.username, url.password] = [role, 'ordinary'];
      const ordinary = { ...environment, DATABASE_URL: url.href };
      const enough = await check(ordinary);
      expect(enough.codes).toEqual({});
      expect(enough.stdout).toContain('not compared: migrate status --drift says');

      await database.query(`REVOKE UPDATE ON proposal_records FROM ${role};
        REVOKE ALL ON holdfast_migrations FROM ${role}; ALTER ROLE ${role} CONNECTION LIMIT 9`);
      const lacking = await check(ordinary, ['--connect']);
      expect(lacking.codes).toEqual({
        'database.primary.writable': 'POSTGRES_RIGHTS_MISSING',
        'database.primary.rights': 'POSTGRES_RIGHTS_MISSING',
        'database.primary.identity': 'POSTGRES_RIGHTS_MISSING',
        'database.primary.connection_budget': 'POOL_BUDGET_EXCEEDED',
      });
      expect(lacking.stdout).toContain('UPDATE on proposal_records');
      expect(lacking.stdout).toContain('of 9 connections (CONNECTION LIMIT of the role)');
    });

    it('tells a budget that does not fit, and one that does', async () => {
      const args = ['--connect', '--instances', '20'];
      const { code, codes, document } = await check(strict, args);
      expect(code).toBe(1);
      expect(codes).toEqual({ 'database.primary.connection_budget': 'POOL_BUDGET_EXCEEDED' });
      const { detail = '' } = document.checks.find(({ ok }) => !ok) ?? {};
      const [, size = '', overflow = ''] =
        /SIZE=(\d+) and DB_MAX_OVERFLOW=(\d+)/.exec(detail) ?? [];
      const suggested = { ...strict, DB_POOL_SIZE: size, DB_MAX_OVERFLOW: overflow };
      expect((await check(suggested, args)).code).toBe(0);
      const more = { ...suggested, DB_MAX_OVERFLOW: String(Number(overflow) + 1) };
      expect((await check(more, args)).code).toBe(1);
    });

    it('tells an old server and a clock that is off', async () => {
      const proxy = await startProxy({ port: Number(new URL(strict.DATABASE_URL ?? '').port) });
      later(() => proxy.close());
      proxy.rewrite('\u0000\u0006180', '\u0000\u0006130');
      const { code, codes } = await check(
        {
          ...strict,
          DATABASE_URL: through(proxy, strict.DATABASE_URL ?? ''),
          NODE_OPTIONS: `--require ${resolve('test/support/preload/skewed-clock.cjs')}`,
          SKEW_MS: '5000',
        },
        ['--connect'],
      );
      expect(code).toBe(1);
      expect(codes).toEqual({
        'database.primary.server_version': 'POSTGRES_VERSION_UNSUPPORTED',
        'database.primary.clock': 'CLOCK_SKEWED',
      });
    });

    it('tells replicas that are none, and a role that may not read there', async () => {
      const database = strict.DATABASE_URL ?? '';
      const other = new URL(database);
      other.pathname = '/postgres';
      const dead = `postgresql://app@127.0.0.1:${await freePort()}/x`;
      const role = `no_reader_${process.pid}`;
      await target.exec(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
      later(() => target.exec(`DROP ROLE ${role}`));
      const unread = Object.assign(new URL(database), { username: role, password: 'reader' });
      const { code, codes } = await check(
        { ...strict, DB_READ_REPLICA_URLS: [database, other.href, dead, unread.href].join(',') },
        ['--connect'],
      );
      expect(code).toBe(69);
      expect(codes).toMatchObject({
        'replica.primary-replica-1.standby': 'REPLICA_NOT_A_STANDBY',
        'replica.primary-replica-2.standby': 'REPLICA_OF_ANOTHER_DATABASE',
        'replica.primary-replica-3.connection': 'REPLICA_UNREACHABLE',
        'replica.primary-replica-4.rights': 'POSTGRES_RIGHTS_MISSING',
      });
    });
  });

  it('tells tables and a ledger that are not as the build has them', async () => {
    await target.exec('ALTER TABLE proposal_records ADD COLUMN by_hand text');
    await target.exec(
      `UPDATE holdfast_migrations SET checksum = 'x' WHERE store = 'dpm' AND version = '0001'`,
    );
    const { code, codes } = await check(strict, ['--migrations']);
    expect(code).toBe(1);
    expect(codes).toEqual({
      'migrations.dpm': 'MIGRATION_CHECKSUM_MISMATCH:dpm:0001',
      'drift.advisory': 'SCHEMA_DRIFTED',
    });
  });

  it('gives up what hangs: Redis, a server, a line that goes silent at once or later', async () => {
    const server = await startPostgresServer();
    later(() => server.remove());
    const behind = async (text?: string) => {
      const proxy = await startProxy({ port: Number(new URL(strict.DATABASE_URL ?? '').port) });
      later(() => proxy.close());
      if (text === undefined) proxy.stall();
      else proxy.when(text, proxy.stall);
      return { ...strict, DATABASE_URL: through(proxy, strict.DATABASE_URL ?? '') };
    };
    redis.signal('SIGSTOP');
    server.freeze();
    const checks = Promise.all([
      check(strict, ['--connect']),
      check({ ...strict, DATABASE_URL: server.url }),
      check(await behind()),
      check(await behind('superuser_reserved_connections'), ['--connect']),
      check(await behind('CREATE SCHEMA'), ['--migrations']),
    ]);
    const [noRedis, frozen, dead, broken, building] = await checks.finally(() => {
      redis.signal('SIGCONT');
      server.thaw();
    });
    for (const { code } of [noRedis, frozen, dead, broken, building]) expect(code).toBe(69);
    expect(noRedis.codes).toEqual({ redis: 'REDIS_UNREACHABLE' });
    for (const { codes } of [frozen, dead]) {
      expect(codes).toMatchObject({
        'database.primary.connection': 'POSTGRES_UNREACHABLE',
        'database.primary.writable': 'CHECK_NOT_RUN',
        'migrations.dpm': 'POSTGRES_UNREACHABLE',
      });
    }
    expect(broken.codes).toMatchObject({
      'database.primary.tls': 'POSTGRES_UNREACHABLE',
      'database.primary.rights': 'CHECK_NOT_RUN',
    });
    expect(building.codes).toMatchObject({
      'drift.dpm': 'CHECK_TIMED_OUT',
      'drift.advisory': 'CHECK_NOT_RUN',
      'drift.policy_packs': 'CHECK_NOT_RUN',
    });
    // The others of that run stay.
    expect(building.document.checks).toContainEqual(
      expect.objectContaining({ name: 'migrations.advisory', ok: true }),
    );
  }, 60_000);

  it('ends although the system goes on looking up names', async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { code, codes } = await check({
      ...strict,
      DATABASE_URL: (strict.DATABASE_URL ?? '').replace('127.0.0.1', 'localhost'),
      REDIS_URL: redis.url.replace('127.0.0.1', 'localhost'),
      NODE_OPTIONS: `--require ${resolve('test/support/preload/endless-lookups.cjs')}`,
      PIPE: pipe,
    });
    expect(code).toBe(69);
    expect(codes).toMatchObject({
      'database.primary.connection': 'POSTGRES_UNREACHABLE',
      redis: 'REDIS_UNREACHABLE',
    });
  });

  it('ends when the process that does the work stands still, and keeps what it has said', async () => {
    const proxy = await startProxy({ port: Number(new URL(strict.DATABASE_URL ?? '').port) });
    later(() => proxy.close());
    const standing = async (environment: Environment, isTime: () => boolean) => {
      const { process: outer, ended } = start('cli.js', ['check', '--json', ...ALL], environment);
      const children = `/proc/${outer.pid}/task/${outer.pid}/children`;
      const inner = await eventually(() => {
        const pid = Number(readFileSync(children, 'utf8'));
        if (pid === 0 || !isTime()) throw new Error('not yet');
        return pid;
      });
      process.kill(inner, 'SIGSTOP');
      const { code, stdout } = await ended;
      expect(() => process.kill(inner, 0)).toThrow('ESRCH');
      return { code, report: JSON.parse(stdout) as unknown };
    };
    let isAsked = false;
    proxy.when('superuser_reserved_connections', () => {
      proxy.stall();
      isAsked = true;
    });
    const behindProxy: Environment = {
      ...strict,
      DATABASE_URL: through(proxy, strict.DATABASE_URL ?? ''),
    };
    const [atOnce, lateOn] = await Promise.all([
      standing(strict, () => true),
      standing(behindProxy, () => isAsked),
    ]);
    expect(atOnce).toMatchObject({ code: 69, report: { error: { code: 'CHECK_TIMED_OUT' } } });
    expect(lateOn).toMatchObject({
      code: 69,
      report: {
        verdict: 'no-go',
        checks: expect.arrayContaining([
          expect.objectContaining({ name: 'database.primary.connection', ok: true }),
          expect.objectContaining({ name: 'database.primary.tls', code: 'CHECK_TIMED_OUT' }),
        ]),
      },
    });
  }, 150_000);

  it('on SQLite changes nothing', async () => {
    const fresh = await check({}, ['--connect']);
    const notProduction = { guard: 'CUTOVER_PROFILE_NOT_PRODUCTION' };
    expect(fresh.codes).toEqual(notProduction);
    expect((await check({}, ['--migrations'])).codes).toEqual({
      ...notProduction,
      'migrations.dpm': 'MIGRATIONS_PENDING',
      'migrations.advisory': 'MIGRATIONS_PENDING',
    });
  });
});
