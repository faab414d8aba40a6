import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { documentOf, migrate, type MigrateTarget, postgresTarget } from '../support/migrate.js';
import { createDatabase, freePort } from '../support/postgres.js';
import { type Environment, execute } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import type { Ended } from '../support/service.js';
import { startProxy, through } from '../support/tcp-proxy.js';

const { later } = cleanup();

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
  const began = performance.now();
  const ended = await execute('cli.js', ['check', '--json', ...args], environment);
  expect(performance.now() - began).toBeLessThan(10_000);
  const document = documentOf(ended) as Document;
  const codes = Object.fromEntries(
    document.checks.filter(({ ok }) => !ok).map(({ name, code }) => [name, code]),
  );
  return { ...ended, document, codes };
}

describe('holdfast check', () => {
  let target: MigrateTarget;
  let redis: RedisServer;
  let strict: Environment;
  beforeAll(async () => {
    target = await postgresTarget((work) => later(work as () => Promise<void>));
    redis = await startRedis();
    expect((await migrate(target, ['up'])).code).toBe(0);
    strict = { ...target.environment, APP_ENV: 'production', REDIS_URL: redis.url };
  });
  afterAll(() => redis.remove());

  it('says go, and what it has looked at', async () => {
    const { code, document } = await check(strict);
    console.log(JSON.stringify(document,null,1));
    expect(code).toBe(0);
  });
});
