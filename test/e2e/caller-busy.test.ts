import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { expectProblem, HttpClient } from '../support/http-client.js';
import { RawHttp } from '../support/raw-http.js';
import { type Service, startService } from '../support/service.js';
import { bearer, JWT, tokenFor } from '../support/tokens.js';

const { later } = cleanup();
const PROPOSALS = '/rebalance/proposals';
const BODY = JSON.stringify({ portfolio_id: 'pf-1', document: {}, created_by: 'me' });
const MOST = 2;

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService({ MAX_REQUESTS_PER_CALLER: String(MOST), ...environment });
  later(() => service.stop('SIGKILL'));
  return service;
}

type Headers = Readonly<Record<string, string>>;

/** A request that is under way until it is ended: its body lacks a byte. */
async function underWay(service: Service, headers: Headers) {
  const raw = await RawHttp.to(service.url);
  later(() => {
    raw.socket.destroy();
  });
  const end = raw.beginPost(PROPOSALS, BODY, { ...headers, 'idempotency-key': randomUUID() });
  return { raw, end };
}

const read = (service: Service, headers: Headers) =>
  new HttpClient(service.url).send('GET', PROPOSALS, undefined, headers);

async function untilBusy(service: Service, headers: Headers): Promise<void> {
  await eventually(async () => {
    const answer = await read(service, headers);
    expectProblem(answer, 429, 'CALLER_BUSY');
    expect(answer.headers.get('retry-after')).toBe('1');
  });
}

async function untilFree(service: Service, headers: Headers): Promise<void> {
  await eventually(async () => {
    expect((await read(service, headers)).status).toBe(200);
  });
}

describe('a caller with as many requests under way as it may have', () => {
  it('is refused one more, whatever its token; others and probes are answered', async () => {
    const service = await started(JWT);
    const me = bearer(await tokenFor('me'));
    const [first, second] = [await underWay(service, me), await underWay(service, me)];
    await untilBusy(service, me);
    await untilBusy(service, bearer(await tokenFor('me', 'proposals:read')));
    const large = `"${'x'.repeat(3 * 1024 * 1024)}"`;
    const write = { ...me, 'idempotency-key': 'k' };
    const unread = await new HttpClient(service.url).send('POST', PROPOSALS, large, write);
    expectProblem(unread, 429, 'CALLER_BUSY');
    expect((await read(service, bearer(await tokenFor('other')))).status).toBe(200);
    for (const path of ['/health/live', '/health/ready', '/health/ready?x=1', '/version']) {
      expect([path, (await fetch(service.url + path, { headers: me })).status]).toEqual([
        path,
        200,
      ]);
    }
    first.end();
    await eventually(() => {
      expect(first.raw.received).toMatch(/^HTTP\/1\.1 201 /);
    });
    await untilFree(service, me);
    second.end();
  });

  it('may go on when its clients have left', async () => {
    const service = await started(JWT);
    const me = bearer(await tokenFor('me'));
    const open = [await underWay(service, me), await underWay(service, me)];
    await untilBusy(service, me);
    for (const { raw } of open) raw.socket.destroy();
    await untilFree(service, me);
    await underWay(service, me);
    await underWay(service, me);
    await untilBusy(service, me);
  });

  it('is an address where nobody proves who they are', async () => {
    const service = await started({ TRUSTED_PROXIES: '127.0.0.0/8' });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    await underWay(service, from('2001:db8::1'));
    await underWay(service, from('2001:db8::2'));
    await untilBusy(service, from('2001:db8::3'));
    expect((await read(service, from('2001:db8:1::1'))).status).toBe(200);
    expect((await read(service, from('192.0.2.1'))).status).toBe(200);
  });

  it('is not refused where there is no limit, as is usual under LOCAL', async () => {
    const service = await startService(JWT);
    later(() => service.stop('SIGKILL'));
    const me = bearer(await tokenFor('me'));
    for (let count = 0; count < 70; count += 1) await underWay(service, me);
    expect((await read(service, me)).status).toBe(200);
  });
});
