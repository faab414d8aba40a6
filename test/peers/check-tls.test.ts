import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documentOf } from '../support/migrate.js';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { type Environment, execute } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import {
  type Authority,
  certificateFolder,
  createAuthority,
  issueCertificate,
  offerTls,
} from '../support/tls.js';

interface Document {
  readonly verdict: string;
  readonly checks: readonly {
    readonly name: string;
    readonly code: string | null;
    readonly detail: string;
  }[];
}

describe('holdfast check over TLS', () => {
  const folder = certificateFolder();
  let cluster: Cluster;
  let redis: RedisServer;
  let right: Authority;
  let wrong: Authority;
  let environment: Environment;

  beforeAll(async () => {
    [right, wrong] = [
      await createAuthority(folder, 'right'),
      await createAuthority(folder, 'wrong'),
    ];
    cluster = await startCluster();
    await offerTls(cluster, await issueCertificate(folder, right, 'postgres', ['DNS:localhost']));
    redis = await startRedis(await issueCertificate(folder, right, 'redis', ['DNS:localhost']));
    environment = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      APP_ENV: 'production',
      DATABASE_URL: `${cluster.url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full`,
      DB_SSL_CA_FILE: right.file,
      REDIS_URL: redis.url.replace('127.0.0.1', 'localhost'),
      REDIS_TLS_CA_FILE: right.file,
    };
    expect((await execute('cli.js', ['migrate', 'up'], environment)).code).toBe(0);
  });
  afterAll(async () => {
    await redis.remove();
    await cluster.remove();
    rmSync(folder, { recursive: true });
  });

  const check = async (changes: Environment = {}) => {
    const args = ['check', '--connect', '--migrations', '--json'];
    const ended = await execute('cli.js', args, { ...environment, ...changes });
    const { verdict, checks } = documentOf(ended) as Document;
    const found = (name: string) => checks.find((each) => each.name === name);
    return { code: ended.code, verdict, tls: found('database.primary.tls'), found };
  };

  it('says go where the chain and the name are right, and how it is encrypted', async () => {
    const { code, verdict, tls, found } = await check();
    expect({ code, verdict }).toEqual({ code: 0, verdict: 'go' });
    expect(tls?.detail).toMatch(/^encrypted as asked \(verify-full\): TLSv1\.3$/);
    expect(found('redis')).toMatchObject({ ok: true });
  });

  it('says go under `require` without an authority', async () => {
    const { code, tls } = await check({
      DATABASE_URL: `${cluster.url}?sslmode=require`,
    });
    expect(code).toBe(0);
    expect(tls?.detail).toMatch(/^encrypted as asked \(require\)/);
  });

  it.each([
    ['an authority that did not sign it', () => ({ DB_SSL_CA_FILE: wrong.file })],
    ['a name that is not in it', () => ({ DATABASE_URL: `${cluster.url}?sslmode=verify-full` })],
  ])('refuses %s', async (_, changes) => {
    const { code, verdict, tls, found } = await check(changes());
    expect({ code, verdict }).toEqual({ code: 69, verdict: 'no-go' });
    expect(found('database.primary.connection')?.code).toBe('POSTGRES_TLS_FAILED');
    expect(tls?.code).toBe('CHECK_NOT_RUN');
  });

  it('warns of a Redis whose certificate ends soon', async () => {
    const ending = await startRedis(
      await issueCertificate(folder, right, 'redis-ending', ['DNS:localhost'], 'ending'),
    );
    try {
      const { code, found } = await check({
        REDIS_URL: ending.url.replace('127.0.0.1', 'localhost'),
      });
      expect(code).toBe(0);
      expect(found('redis')).toMatchObject({ ok: true, code: 'REDIS_CERTIFICATE_EXPIRING' });
    } finally {
      await ending.remove();
    }
  });

  it('refuses a Redis whose authority is another', async () => {
    const { code, found } = await check({ REDIS_TLS_CA_FILE: wrong.file });
    expect(code).toBe(69);
    expect(found('redis')?.code).toBe('REDIS_TLS_FAILED');
  });
});
