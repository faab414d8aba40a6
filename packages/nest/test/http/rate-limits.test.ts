import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../../../../test/support/cleanup.js';
import { bearer, JWT, tokenFor } from '../../../../test/support/tokens.js';
import { ask, started, written } from './orders-application.js';

const WINDOW = 86_400;

const { later } = cleanup();

describe.each(['fastify', 'express'] as const)('by %s', (framework) => {
  let url: string;
  let app: INestApplication<Server>;

  describe('with limits', () => {
    const LIMITS = {
      ...JWT,
      RATE_LIMIT_REQUESTS: '3',
      RATE_LIMIT_WRITES: '2',
      RATE_LIMIT_REFUSED: '4',
      RATE_LIMIT_WINDOW_SECONDS: String(WINDOW),
      TRUSTED_PROXIES: '127.0.0.1',
    };
    const from = (address: string) => ({ 'x-forwarded-for': address });

    beforeAll(async () => {
      ({ app, url } = await started(framework, LIMITS));
    });
    afterAll(() => app.close());

    /** Status and policy of each of some requests. */
    async function times(
      count: number,
      path: string,
      method: string,
      headers: Readonly<Record<string, string>>,
    ) {
      const seen: string[] = [];
      for (let turn = 0; turn < count; turn += 1) {
        const answer = await ask(url + path, method, headers);
        const policy = answer.headers.get('ratelimit-policy');
        seen.push(`${answer.code ?? answer.status} ${policy ?? 'unlimited'}`);
      }
      return seen;
    }
    const of = (name: string, quota: number) => `"${name}";q=${quota};w=${WINDOW}`;
    const repeated = (line: string, count: number) => Array.from({ length: count }, () => line);

    it('reads and writes of a subject are counted apart, wherever it asks from', async () => {
      const me = bearer(await tokenFor('me', 'orders:read orders:write'));
      const [reads, writes] = [of('reads', 3), of('writes', 2)];
      expect(await times(2, '/orders', 'GET', { ...me, ...from('192.0.2.1') })).toEqual(
        repeated(`200 ${reads}`, 2),
      );
      const renewed = bearer(await tokenFor('me', 'orders:read orders:write', { jti: '2' }));
      expect(await times(2, '/orders', 'GET', { ...renewed, ...from('192.0.2.2') })).toEqual([
        `200 ${reads}`,
        `RATE_LIMITED ${reads}`,
      ]);
      expect(await times(3, '/orders', 'POST', me)).toEqual([
        ...repeated(`201 ${writes}`, 2),
        `RATE_LIMITED ${writes}`,
      ]);
      expect(written.splice(0)).toEqual(['created', 'created']);
      const other = bearer(await tokenFor('other', 'orders:read'));
      expect(await times(1, '/orders', 'GET', other)).toEqual([`200 ${reads}`]);
    });

    it('who asks for what is not theirs uses up their own', async () => {
      const reader = bearer(await tokenFor('reader', 'orders:read'));
      const writes = of('writes', 2);
      expect(await times(3, '/orders', 'POST', { ...reader, ...from('192.0.2.3') })).toEqual([
        ...repeated(`SCOPE_MISSING ${writes}`, 2),
        `RATE_LIMITED ${writes}`,
      ]);
    });

    it('tokens that prove nothing, and paths that lead nowhere, are counted by address, and never refuse a good token', async () => {
      const stranger = from('192.0.2.4');
      const forged = {
        ...stranger,
        ...bearer(await tokenFor('me', 'orders:read', {}, 'x'.repeat(32))),
      };
      const refused = of('refused', 4);
      expect(await times(1, '/orders', 'GET', stranger)).toEqual([`TOKEN_MISSING ${refused}`]);
      expect(await times(2, '/orders', 'POST', forged)).toEqual(
        repeated(`TOKEN_INVALID ${refused}`, 2),
      );
      expect(await times(1, '/nowhere', 'GET', stranger)).toEqual([`ROUTE_NOT_FOUND ${refused}`]);
      expect(await times(2, '/orders', 'GET', forged)).toEqual(
        repeated(`RATE_LIMITED ${refused}`, 2),
      );
      expect(await times(1, '/nowhere', 'GET', stranger)).toEqual([`RATE_LIMITED ${refused}`]);
      const good = bearer(await tokenFor('guest', 'orders:read'));
      expect(await times(1, '/orders', 'GET', { ...stranger, ...good })).toEqual([
        `200 ${of('reads', 3)}`,
      ]);
      expect(await times(1, '/orders', 'GET', { ...forged, ...from('192.0.2.5') })).toEqual([
        `TOKEN_INVALID ${refused}`,
      ]);
    });

    it('what is for everybody is counted by address, probes and the version are not', async () => {
      const visitor = from('2001:db8::1');
      const reads = of('reads', 3);
      expect(await times(3, '/orders/prices', 'GET', visitor)).toEqual(repeated(`200 ${reads}`, 3));
      expect(await times(1, '/orders/prices', 'GET', from('2001:db8::2'))).toEqual([
        `RATE_LIMITED ${reads}`,
      ]);
      for (const path of ['/health/live', '/livez?x', '/version', '/api/version']) {
        expect([path, await times(6, path, 'GET', visitor)]).toEqual([
          path,
          repeated('200 unlimited', 6),
        ]);
      }
    });
  });

  it('what operators look at has a limit of its own, where it is given', async () => {
    ({ app, url } = await started(framework, { RATE_LIMIT_OPERATIONS: '1' }));
    later(() => app.close());
    const { headers, status } = await ask(`${url}/health/pool`);
    expect([status, headers.get('ratelimit-policy')]).toEqual([200, '"operations";q=1;w=60']);
    const answers = [await ask(`${url}/health/pool`), await ask(`${url}/health/pool`)];
    expect(answers.some(({ code }) => code === 'RATE_LIMITED')).toBe(true);
    expect((await ask(`${url}/orders`)).headers.get('ratelimit')).toBeNull();
  });
});
