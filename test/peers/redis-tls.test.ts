import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReasonCode } from '@holdfast/core/reasons';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';
import {
  type Authority,
  certificateFolder,
  createAuthority,
  issueCertificate,
} from '../support/tls.js';

const { later } = cleanup();
const folder = certificateFolder();
let authority: Authority;
let stranger: Authority;
let redis: RedisServer;

beforeAll(async () => {
  authority = await createAuthority(folder, 'redis-authority');
  stranger = await createAuthority(folder, 'stranger');
  redis = await startRedis(await issueCertificate(folder, authority, 'redis', ['IP:127.0.0.1']));
});
afterAll(async () => {
  await redis.remove();
  rmSync(folder, { recursive: true });
});

async function start(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(environment);
  later(() => service.stop());
  return service;
}

async function checkOf(service: Service): Promise<unknown> {
  const answer = await fetch(`${service.url}/health/ready`);
  return ((await answer.json()) as { checks: { redis: unknown } }).checks.redis;
}

describe('Redis over TLS', () => {
  it('is verified by the authorities that are given', async () => {
    const service = await start({ REDIS_URL: redis.url, REDIS_TLS_CA_FILE: authority.file });
    await eventually(async () => {
      expect(await checkOf(service)).toMatchObject({ ok: true });
    });
  });

  it.each<[string, (url: string) => Readonly<Record<string, string>>, ReasonCode?]>([
    ['nobody vouches for its certificate', (REDIS_URL) => ({ REDIS_URL })],
    [
      'somebody else vouches for it',
      (REDIS_URL) => ({ REDIS_URL, REDIS_TLS_CA_FILE: stranger.file }),
    ],
    [
      'it is another host that the certificate is for',
      (url) => ({
        REDIS_URL: url.replace('127.0.0.1', 'localhost'),
        REDIS_TLS_CA_FILE: authority.file,
      }),
    ],
    [
      'it is not asked to encrypt',
      (url) => ({ REDIS_URL: url.replace('rediss', 'redis'), REDIS_TLS_CA_FILE: authority.file }),
      'REDIS_UNREACHABLE',
    ],
  ])('is not used when %s', async (_name, environment, code = 'REDIS_TLS_FAILED') => {
    const service = await start(environment(redis.url));
    await eventually(async () => {
      expect(await checkOf(service)).toMatchObject({ ok: false, code });
    });
    expect(service.output()).not.toContain(redis.password);
  });
});
