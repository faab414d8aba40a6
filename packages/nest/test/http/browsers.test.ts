import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../../../../test/support/cleanup.js';
import { bearer, JWT, tokenFor } from '../../../../test/support/tokens.js';
import { ask, started, written } from './orders-application.js';

const PAGE = 'https://app.example.com';
const LISTED = { origin: PAGE };
const UNLISTED = { origin: 'https://elsewhere.example.com' };
const PROXIED = { 'x-forwarded-proto': 'https' };
const corsOf = (headers: Headers) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control'));

const { later } = cleanup();

describe.each(['fastify', 'express'] as const)('by %s', (framework) => {
  let url: string;
  let app: INestApplication<Server>;

  describe('with CORS_ORIGINS, behind a proxy that ends TLS', () => {
    beforeAll(async () => {
      ({ app, url } = await started(framework, {
        ...JWT,
        CORS_ORIGINS: `${PAGE}, http://localhost:5173`,
        HSTS_SECONDS: '600',
        TRUSTED_PROXIES: '127.0.0.1',
      }));
    });
    afterAll(() => app.close());

    it('a script of a listed origin reads every answer, and what may interest it in the headers', async () => {
      const token = bearer(await tokenFor('me', 'orders:read'));
      for (const [path, method, given, status] of [
        ['/orders', 'GET', token, 200],
        ['/orders', 'GET', {}, 401],
        ['/orders', 'POST', token, 403],
        ['/nowhere', 'GET', token, 404],
        ['/orders', 'PUT', token, 405],
        ['/orders', 'OPTIONS', token, 405],
        ['/health/live', 'GET', {}, 200],
        ['/health/ready?exclude=x', 'GET', {}, 422],
      ] as const) {
        const answer = await ask(url + path, method, { ...LISTED, ...given });
        expect([path, method, answer.status]).toEqual([path, method, status]);
        expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
        expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit-Policy');
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
        expect(answer.headers.get('vary')).toBe('Origin');
      }
    });

    it.each([
      UNLISTED,
      { origin: 'null' },
      { origin: '' },
      { origin: 'http://app.example.com' },
      { origin: 'https://app.example.com:443' },
      { origin: 'https://app.example.com.evil.test' },
      { origin: 'https://evil.test/https://app.example.com' },
      { origin: 'HTTPS://APP.EXAMPLE.COM' },
      { origin: `${PAGE}, ${PAGE}` },
      { origin: '*' },
      { referer: `${PAGE}/page` },
    ])('a script of another origin reads none: %j', async (headers) => {
      const token = bearer(await tokenFor('me', 'orders:read'));
      const preflight = { 'access-control-request-method': 'GET' };
      for (const [method, more, status] of [
        ['GET', token, 200],
        ['OPTIONS', preflight, 405],
      ] as const) {
        const answer = await ask(`${url}/orders`, method, { ...headers, ...more });
        expect([method, answer.status, corsOf(answer.headers)]).toEqual([method, status, []]);
        expect(answer.headers.get('vary')).toBe('Origin');
      }
    });

    it('a preflight is answered without a token, and touches no handler', async () => {
      for (const method of ['GET', 'POST', 'DELETE', 'PUT']) {
        const answer = await ask(`${url}/orders`, 'OPTIONS', {
          ...LISTED,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization,idempotency-key',
        });
        expect([answer.status, answer.text]).toEqual([204, '']);
        expect(answer.headers.get('access-control-allow-methods')).toContain(method);
        expect(answer.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
        expect(answer.headers.get('access-control-max-age')).toBe('600');
        expect(answer.headers.get('x-correlation-id')).not.toBeNull();
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      }
      expect(written).toEqual([]);
    });

    it('who has come by TLS is to come back by it', async () => {
      for (const path of ['/orders', '/nowhere', '/health/live', '/orders/prices']) {
        const hstsOf = async (headers: Readonly<Record<string, string>>) =>
          (await ask(url + path, 'GET', headers)).headers.get('strict-transport-security');
        expect([path, await hstsOf(PROXIED)]).toEqual([path, 'max-age=600']);
        expect([path, await hstsOf({})]).toEqual([path, null]);
        expect([path, await hstsOf({ 'x-forwarded-proto': 'http' })]).toEqual([path, null]);
      }
    });
  });

  describe('without either', () => {
    beforeAll(async () => {
      ({ app, url } = await started(framework, {}));
    });
    afterAll(() => app.close());

    it('answers say nothing of other origins, nor of TLS that nobody trusted tells of', async () => {
      const { headers } = await ask(`${url}/orders`, 'GET', { ...LISTED, ...PROXIED });
      expect([corsOf(headers), headers.get('vary')]).toEqual([[], null]);
      expect(headers.get('strict-transport-security')).toBeNull();
    });
  });

  it('TLS is told of by trusted proxies alone', async () => {
    ({ app, url } = await started(framework, {
      HSTS_SECONDS: '600',
      TRUSTED_PROXIES: '192.0.2.0/24',
    }));
    later(() => app.close());
    const { headers } = await ask(`${url}/orders`, 'GET', PROXIED);
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('* lets the scripts of every page read', async () => {
    ({ app, url } = await started(framework, { CORS_ORIGINS: '*' }));
    later(() => app.close());
    const { headers } = await ask(`${url}/orders`, 'GET', UNLISTED);
    expect(headers.get('access-control-allow-origin')).toBe(UNLISTED.origin);
  });
});
