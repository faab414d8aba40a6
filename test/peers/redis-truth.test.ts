import { rmSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { ReasonCode } from '@holdfast/core/reasons';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  createDatabase,
  type TestDatabase,
  testServer,
} from '@holdfast/testing/temporary-database';
import { execute, jsonLines } from '../support/program.js';
import { administer, startShape } from '../support/redis-shapes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

type Line = Readonly<Record<string, unknown>>;

const failed = (service: Service): readonly Line[] =>
  jsonLines(service.output()).filter(
    ({ event, check }) => event === 'check.failed' && check === 'redis',
  );

async function ready(service: Service) {
  const response = await fetch(`${service.url}/health/ready`);
  const text = await response.text();
  expect(text).not.toMatch(/127\.0\.0\.1|holdfast:|redis:\/\/|NOPERM|READONLY|OOM/);
  const body = JSON.parse(text) as {
    readonly checks: { readonly redis: { readonly code?: string; readonly detail: string } };
  };
  return { status: response.status, checks: body.checks };
}

describe('a Redis that ceases to count, in a strict environment', () => {
  let redis: RedisServer;
  let admin: Redis;
  let database: TestDatabase;
  let service: Service;
  beforeAll(async () => {
    redis = await startRedis();
    admin = await administer(redis.port, redis.password);
    database = await createDatabase(testServer());
    service = await startService(
      {
        APP_ENV: 'staging',
        HOST: '127.0.0.1',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
        REDIS_URL: redis.url,
        RATE_LIMIT_REQUESTS: '100000',
      },
      temporaryFolder(),
    );
  }, 60_000);
  afterAll(async () => {
    await service.stop('SIGKILL');
    admin.disconnect();
    await Promise.all([redis.remove(), database.drop()]);
  });

  const config = (name: string, value: string) => admin.call('CONFIG', 'SET', name, value);
  const killOthers = () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

  interface Fault {
    readonly code: ReasonCode;
    readonly failure: string;
    readonly breakIt: () => unknown;
    readonly heal: () => unknown;
    /** Whether each new connection is answered like that, or dropped before the answer is read. */
    readonly isRacy?: true;
  }

  const faults: readonly Fault[] = [
    {
      code: 'REDIS_READ_ONLY',
      failure: 'READONLY',
      breakIt: () => admin.call('REPLICAOF', '127.0.0.1', '1'),
      heal: () => admin.call('REPLICAOF', 'NO', 'ONE'),
    },
    {
      code: 'REDIS_RIGHTS_MISSING',
      failure: 'NOPERM',
      breakIt: () => admin.call('ACL', 'SETUSER', 'default', '-@scripting'),
      heal: () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    },
    {
      code: 'REDIS_RIGHTS_MISSING',
      failure: 'NOPERM',
      breakIt: () => admin.call('ACL', 'SETUSER', 'default', '-evalsha'),
      heal: () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    },
    {
      code: 'REDIS_RIGHTS_MISSING',
      failure: 'NOPERM',
      breakIt: () => admin.call('ACL', 'SETUSER', 'default', '-eval'),
      heal: () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    },
    {
      code: 'REDIS_RIGHTS_MISSING',
      failure: 'ERR',
      breakIt: () => admin.call('ACL', 'SETUSER', 'default', '-zadd'),
      heal: () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    },
    {
      code: 'REDIS_RIGHTS_MISSING',
      failure: 'NOPERM',
      breakIt: () => admin.call('ACL', 'SETUSER', 'default', 'resetkeys', '~other:*'),
      heal: () => admin.call('ACL', 'SETUSER', 'default', 'allkeys'),
    },
    {
      code: 'REDIS_OUT_OF_MEMORY',
      failure: 'OOM',
      breakIt: () => config('maxmemory', '1'),
      heal: () => config('maxmemory', '0'),
    },
    {
      code: 'REDIS_REFUSED',
      failure: 'NOREPLICAS',
      breakIt: () => config('min-replicas-to-write', '1'),
      heal: () => config('min-replicas-to-write', '0'),
    },
    {
      code: 'REDIS_AUTH_FAILED',
      failure: 'auth',
      breakIt: async () => {
        await config('requirepass', 'another-redis-password');
        await killOthers();
      },
      heal: () => config('requirepass', redis.password),
    },
    {
      code: 'REDIS_TOO_MANY_CONNECTIONS',
      failure: 'ERR',
      breakIt: async () => {
        await config('maxclients', '1');
        await killOthers();
      },
      heal: () => config('maxclients', '1000'),
      isRacy: true,
    },
  ];

  it.each(faults)('$code ($failure)', async ({ code, failure, breakIt, heal, isRacy }) => {
    await eventually(async () => {
      expect((await ready(service)).status).toBe(200);
    });
    const before = failed(service).length;
    await breakIt();
    await eventually(async () => {
      const lines = failed(service).slice(before);
      expect(lines.map((line) => line.code)).toContain(code);
      if (isRacy) return;
      expect(await ready(service)).toMatchObject({ status: 503, checks: { redis: { code } } });
      expect(lines).toEqual([
        expect.objectContaining({
          code,
          failure,
          url: `redis://:***@127.0.0.1:${redis.port}/0`,
          runbook: `docs/RUNBOOK.md#${code.toLowerCase()}`,
        }),
      ]);
    });
    await heal();
    await eventually(async () => {
      expect((await ready(service)).status).toBe(200);
    });
  });

  it('leaves nothing behind, and tells no secret', async () => {
    const keys = (await admin.call('KEYS', 'holdfast:probe:*')) as string[];
    expect(keys).toEqual([]);
    expect(service.output()).not.toContain(redis.password);
  });
});

describe('a server that is no Redis to count in', () => {
  /** What `check` and a service say of it; the service is LOCAL, so that it goes on without. */
  async function says(REDIS_URL: string, code: ReasonCode): Promise<void> {
    const service = await startService(
      {
        REDIS_URL,
        PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
        DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
      },
      temporaryFolder(),
    );
    later(() => service.stop('SIGKILL'));
    await eventually(async () => {
      expect(failed(service).map((line) => line.code)).toContain(code);
      const { status, body } = await fetch(`${service.url}/health/ready`).then(async (answer) => ({
        status: answer.status,
        body: (await answer.json()) as { readonly status: string },
      }));
      expect({ status, of: body.status }).toEqual({ status: 200, of: 'degraded' });
    });
    const { stdout } = await execute('cli.js', ['check', '--connect', '--json'], { REDIS_URL });
    const { checks } = JSON.parse(stdout) as {
      readonly checks: readonly { readonly name: string; readonly code: string }[];
    };
    const line = checks.find(({ name }) => name === 'redis');
    expect(line).toMatchObject({ ok: false, code, detail: expect.stringContaining('redis://') });
    expect(stdout).not.toContain('secret-password');
  }

  const shapes: readonly (readonly [ReasonCode, readonly string[], string])[] = [
    ['REDIS_READ_ONLY', ['--replicaof', '127.0.0.1 1'], ''],
    ['REDIS_SENTINEL_UNSUPPORTED', ['--sentinel'], ''],
    ['REDIS_SENTINEL_UNSUPPORTED', ['--sentinel'], '/1'],
    ['REDIS_CLUSTER_UNSUPPORTED', ['--cluster-enabled', 'yes'], ''],
    ['REDIS_CLUSTER_UNSUPPORTED', ['--cluster-enabled', 'yes'], '/1'],
    ['REDIS_DATABASE_MISSING', [], '/99'],
    ['REDIS_RIGHTS_MISSING', ['--rename-command', 'EVAL', ''], ''],
    ['REDIS_RIGHTS_MISSING', ['--rename-command', 'EVALSHA', ''], ''],
  ];

  it.each(shapes)('%s %j %s', async (code, args, path) => {
    const server = await startShape(args);
    later(() => server.remove());
    await says(`redis://127.0.0.1:${server.port}${path}`, code);
  });

  it('that cannot save refuses writes, and even PING', async () => {
    const server = await startShape([]);
    later(() => server.remove());
    const admin = await administer(server.port);
    later(() => {
      admin.disconnect();
    });
    await admin.call('CONFIG', 'SET', 'save', '3600 1');
    await admin.call('SET', 'a', 'b');
    rmSync(server.folder, { recursive: true });
    await admin.call('BGSAVE');
    await says(`redis://127.0.0.1:${server.port}`, 'REDIS_NOT_PERSISTING');
  });

  it('that loads a large file does not count yet', async () => {
    const small = await startShape(['--enable-debug-command', 'yes']);
    const admin = await administer(small.port);
    await admin.call('DEBUG', 'POPULATE', '20000');
    await admin.call('SAVE');
    admin.disconnect();
    later(() => {
      rmSync(small.folder, { recursive: true, force: true });
    });
    const slow = ['--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'];
    const server = await startShape(slow, small.folder);
    later(() => server.remove());
    await says(`redis://127.0.0.1:${server.port}`, 'REDIS_LOADING');
    await small.remove();
  });

  it('that has no password takes nobody from another machine', async () => {
    const address = Object.values(networkInterfaces())
      .flatMap((each = []) => each)
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    const server = await startShape(['--bind', '*']);
    later(() => server.remove());
    await says(`redis://${address ?? 'none'}:${server.port}`, 'REDIS_PROTECTED_MODE');
  });

  it('that asks for a password that nobody gives', async () => {
    const server = await startShape(['--requirepass', 'secret-password']);
    later(() => server.remove());
    await says(`redis://127.0.0.1:${server.port}`, 'REDIS_AUTH_FAILED');
  });

  it('that knows another password', async () => {
    const server = await startShape(['--requirepass', 'another']);
    later(() => server.remove());
    await says(`redis://app:secret-password@127.0.0.1:${server.port}`, 'REDIS_AUTH_FAILED');
  });
});
