import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { RawHttp } from '../support/raw-http.js';
import { type Service, startService } from '../support/service.js';

const NOTHING = "default-src 'none'; frame-ancestors 'none'";
const ORIGIN = { origin: 'https://elsewhere.test' };

let service: Service;

beforeAll(async () => {
  service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL' });
});

afterAll(() => service.stop());

function expectSafe(headers: Headers, policy = NOTHING): void {
  expect(headers.get('content-security-policy')).toBe(policy);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
}

describe('an answer', () => {
  it.each([
    ['GET', '/rebalance/proposals', 200],
    ['GET', '/health/live', 200],
    ['GET', '/health/live?x=1', 200],
    ['GET', '/health/ready', 200],
    ['GET', '/version', 200],
    ['GET', '/docs-json', 200],
    ['GET', '/docs/start.js', 200],
    ['GET', '/nowhere', 404],
    ['GET', '/rebalance/proposals/none', 404],
    ['GET', '/rebalance/proposals/%', 400],
    ['POST', '/rebalance/proposals', 422],
    ['DELETE', '/rebalance/proposals', 405],
    ['OPTIONS', '/rebalance/proposals', 405],
  ])(
    'to %s %s is nothing to a browser but what it says, and of no other origin',
    async (method, path, status) => {
      const preflight = { 'access-control-request-method': 'POST' };
      const body = method === 'POST' ? { body: '{}' } : {};
      const type = { 'content-type': 'application/json' };
      const headers = {
        ...ORIGIN,
        ...(method === 'OPTIONS' ? preflight : method === 'POST' ? type : {}),
      };
      const answer = await fetch(service.url + path, { method, headers, ...body });
      await answer.arrayBuffer();
      expect([path, answer.status]).toEqual([path, status]);
      expectSafe(answer.headers);
    },
  );

  it('that is a page loads what this service has, and nothing else', async () => {
    const { headers } = await fetch(`${service.url}/docs`, { headers: ORIGIN });
    expectSafe(
      headers,
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it('to what is no request has them, too', async () => {
    const raw = await RawHttp.to(service.url);
    raw.socket.write('nonsense\r\n\r\n');
    await eventually(() => {
      expect(raw.ending).toBe('ended');
    });
    expect(raw.lastHead).toMatch(/^http\/1\.1 400 /);
    expect(raw.lastHead).toContain(`content-security-policy: ${NOTHING}`);
    expect(raw.lastHead).toContain('x-content-type-options: nosniff');
    expect(raw.lastHead).toContain('referrer-policy: no-referrer');
  });
});
