import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { bodyOf, HttpClient } from '../support/http-client.js';
import { ask, granted, roomInWindow, startLimited, WINDOW_SECONDS } from '../support/rate-limit.js';
import type { Service } from '../support/service.js';

const { later } = cleanup();
const LIMIT = 5;

async function limited(
  requests: number,
  environment?: Readonly<Record<string, string>>,
): Promise<Service> {
  const service = await startLimited(requests, environment);
  later(() => service.stop());
  return service;
}

beforeEach(() => roomInWindow());

describe('the rate limit of one process', () => {
  it('grants so many requests in a window, tells how many are left, and then until when', async () => {
    const service = await limited(LIMIT);
    for (let left = LIMIT - 1; left >= 0; left -= 1) {
      const { status, headers } = await ask(service);
      expect(status).toBe(200);
      expect(headers.get('ratelimit-policy')).toBe(`"reads";q=${LIMIT};w=${WINDOW_SECONDS}`);
      const [, , seconds] = /^"reads";r=(\d+);t=(\d+)$/.exec(headers.get('ratelimit') ?? '') ?? [];
      expect(headers.get('ratelimit')).toBe(`"reads";r=${left};t=${seconds}`);
      expect(Number(seconds)).toBeGreaterThan(0);
      expect(Number(seconds)).toBeLessThanOrEqual(WINDOW_SECONDS);
      expect(headers.get('retry-after')).toBeNull();
    }
    const client = new HttpClient(service.url);
    const forwarded = { 'x-forwarded-for': '192.0.2.1' };
    const refused = await client.send('GET', '/rebalance/runs?limit=1', undefined, forwarded);
    expect(bodyOf(refused, 429)).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(WINDOW_SECONDS);
    expect(refused.headers.get('ratelimit')).toBe(`"reads";r=0;t=${seconds}`);
    expect(refused.headers.get('ratelimit-policy')).toBe(`"reads";q=${LIMIT};w=${WINDOW_SECONDS}`);
    expect([...refused.headers.keys()].filter((name) => /^ratelimit|^retry/.test(name))).toEqual([
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
    ]);
  });

  it('never holds for what operators and load balancers ask', async () => {
    const service = await limited(1);
    expect(await granted([service], 2)).toBe(1);
    const open = ['/health', '/health/live', '/health/ready', '/health/pool', '/health/migrations'];
    const others = ['/version', '/api/v1/diagnostics', '/docs', '/docs/start.js', '/docs-json'];
    for (const path of [...open, ...others, ...open]) {
      const { status, headers } = await fetch(service.url + path, {
        headers: { 'x-forwarded-for': '192.0.2.1' },
      });
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('ratelimit')).toBeNull();
    }
  });

  it('tells clients apart behind a proxy that is trusted, and IPv6 ones by their network', async () => {
    const service = await limited(LIMIT);
    expect(await granted([service], 2 * LIMIT, '192.0.2.1')).toBe(LIMIT);
    expect(await granted([service], 2 * LIMIT, '192.0.2.2')).toBe(LIMIT);
    expect(await granted([service], 2 * LIMIT, '2001:db8::1')).toBe(LIMIT);
    expect(await granted([service], 1, '2001:db8::2')).toBe(0);
    // What a client itself puts before its address is not believed.
    expect(await granted([service], 1, '203.0.113.9, 192.0.2.1')).toBe(0);
  });

  it('believes nobody who is not trusted', async () => {
    for (const proxies of ['', '192.0.2.0/24']) {
      const service = await limited(LIMIT, { TRUSTED_PROXIES: proxies });
      expect(await granted([service], LIMIT, '192.0.2.1')).toBe(LIMIT);
      expect(await granted([service], 1, '192.0.2.2')).toBe(0);
    }
  });

  it('is a share of it where several processes have no Redis', async () => {
    const services = [
      await limited(7, { RATE_LIMIT_INSTANCES: '2' }),
      await limited(7, { RATE_LIMIT_INSTANCES: '2' }),
    ];
    expect(await granted(services, 20)).toBe(6);
  });

  it('begins anew with each window', async () => {
    const service = await limited(LIMIT, { RATE_LIMIT_WINDOW_SECONDS: '2' });
    const exhausted = async () => {
      while ((await ask(service)).ok);
      return Date.now();
    };
    const first = Math.floor((await exhausted()) / 2000);
    let again = await ask(service);
    while (!again.ok) again = await ask(service);
    expect(Math.floor(Date.now() / 2000)).toBeGreaterThan(first);
  });

  it('is off unless it is given', async () => {
    const service = await limited(0);
    const { status, headers } = await ask(service);
    expect(status).toBe(200);
    expect([...headers.keys()].filter((name) => name.includes('limit'))).toEqual([]);
    expect(await granted([service], 200)).toBe(200);
  });
});
