import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawHttp } from '../support/raw-http.js';
import { type Service, startService } from '../support/service.js';
import { bearer, JWT, tokenFor } from '../support/tokens.js';

const { later } = cleanup();
const FOR_ALL = [
  '/health/live',
  '/livez',
  '/health/ready',
  '/readyz',
  '/healthz',
  '/api/ready',
  '/readyz/db',
  '/health/startup',
  '/version',
  '/api/version',
];
const OPERATIONS = [
  '/health',
  '/health/pool',
  '/health/migrations',
  '/metrics',
  '/status',
  '/status.json',
  '/status/report',
  '/status/runbook/POSTGRES_UNREACHABLE',
  '/api/v1/diagnostics',
  '/docs',
  '/docs/start.js',
  '/docs-json',
];
const STORES = ['/rebalance/proposals', '/rebalance/runs'];

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...environment });
  later(() => service.stop());
  return service;
}

async function statuses(
  url: string,
  paths: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, number>>> {
  const found = await Promise.all(
    paths.map(async (path) => [path, (await fetch(url + path, { headers })).status] as const),
  );
  return Object.fromEntries(found);
}

const all = (paths: readonly string[], status: number) =>
  Object.fromEntries(paths.map((path) => [path, status]));

function operationsUrl(service: Service): string {
  const [, url = ''] =
    /"event":"listening.operations","url":"([^"]+)"/.exec(service.output()) ?? [];
  return url;
}

describe('OPS_ACCESS', () => {
  it('open lets everybody see what operators look at', async () => {
    const { url } = await started(JWT);
    expect(await statuses(url, [...FOR_ALL, ...OPERATIONS])).toEqual(
      all([...FOR_ALL, ...OPERATIONS], 200),
    );
    expect(await statuses(url, STORES)).toEqual(all(STORES, 401));
  });

  it('token lets those see it whose token is for it', async () => {
    const { url } = await started({ ...JWT, OPS_ACCESS: 'token' });
    expect(await statuses(url, FOR_ALL)).toEqual(all(FOR_ALL, 200));
    expect(await statuses(url, OPERATIONS)).toEqual(all(OPERATIONS, 401));
    const other = bearer(await tokenFor('me', 'proposals:read'));
    expect(await statuses(url, OPERATIONS, other)).toEqual(all(OPERATIONS, 403));
    const operator = bearer(await tokenFor('me', 'ops:read'));
    expect(await statuses(url, OPERATIONS, operator)).toEqual(all(OPERATIONS, 200));
  });

  it.each([
    ['without tokens', {}],
    ['with tokens', JWT],
  ])('separate-port keeps it from the main port, %s', async (_name, environment) => {
    const service = await started({ ...environment, OPS_ACCESS: 'separate-port', OPS_PORT: '0' });
    const operations = operationsUrl(service);
    const token = bearer(await tokenFor('me'));
    expect(operations).not.toBe(service.url);
    for (const headers of [{}, token]) {
      expect(await statuses(service.url, FOR_ALL, headers)).toEqual(all(FOR_ALL, 200));
      expect(await statuses(service.url, OPERATIONS, headers)).toEqual(all(OPERATIONS, 404));
      expect(await statuses(operations, [...FOR_ALL, ...OPERATIONS], headers)).toEqual(
        all([...FOR_ALL, ...OPERATIONS], 200),
      );
      expect(await statuses(operations, STORES, headers)).toEqual(all(STORES, 404));
    }
    expect(await statuses(service.url, STORES, token)).toEqual(all(STORES, 200));
    const posted = await fetch(`${operations}/rebalance/proposals`, {
      method: 'POST',
      body: '{}',
      headers: { ...token, 'content-type': 'application/json' },
    });
    expect(posted.status).toBe(404);
    for (const method of ['DELETE', 'POST', 'OPTIONS', 'PROPFIND']) {
      for (const [port, paths] of [
        [service.url, OPERATIONS],
        [operations, STORES],
      ] as const) {
        for (const path of paths) {
          const { status, headers } = await fetch(port + path, { method });
          expect({ method, path, status }).toEqual({ method, path, status: 404 });
          expect(headers.get('allow')).toBeNull();
        }
      }
    }
    const { status: refused } = await fetch(`${operations}/health/pool`, { method: 'DELETE' });
    expect(refused).toBe(405);
    const spelled = ['/health%2Fpool', '/%68ealth/pool', '/health/pool?a=b', '//health/pool'];
    expect(await statuses(service.url, spelled)).toEqual(all(spelled, 404));
  });

  it('separate-port says how the service is until all of the main port has been answered', async () => {
    const service = await started({ OPS_ACCESS: 'separate-port', OPS_PORT: '0' });
    const operations = operationsUrl(service);
    const raw = await RawHttp.to(service.url);
    const body = JSON.stringify({ portfolio_id: 'p', created_by: 'me', document: {} });
    const finish = raw.beginPost('/rebalance/proposals', body, { 'Idempotency-Key': 'k' });
    await eventually(async () => {
      const text = await fetch(`${operations}/health/ready`).then((answer) => answer.text());
      expect(text).toContain('"status":"ok"');
    });
    const ended = service.stop();
    await eventually(async () => {
      await expect(fetch(`${service.url}/health/live`)).rejects.toThrow();
    });
    expect(await statuses(operations, ['/health/live', '/health/ready', '/health/pool'])).toEqual({
      '/health/live': 200,
      '/health/ready': 503,
      '/health/pool': 200,
    });
    finish();
    expect((await ended).code).toBe(0);
    expect(raw.received).toMatch(/^HTTP\/1\.1 201 /);
    await expect(fetch(`${operations}/health/live`)).rejects.toThrow();
  });

  it('separate-port answers one request after another, and what is none behind them', async () => {
    const service = await started({ OPS_ACCESS: 'separate-port', OPS_PORT: '0' });
    const raw = await RawHttp.to(operationsUrl(service));
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
    raw.socket.write(`${request('/metrics')}${request('/health/live')}S3NTINEL\r\n\r\n`);
    await eventually(() => {
      expect(raw.ending).toBe('ended');
    });
    const statuses = [...raw.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code);
    expect(statuses).toEqual(['200', '200', '400']);
    const many = await RawHttp.to(operationsUrl(service));
    many.socket.write(request('/health/live').repeat(140));
    await eventually(() => {
      expect(many.ending).not.toBe('open');
    });
    expect(many.received.split('HTTP/1.1 200 ').length - 1).toBeLessThan(140);
  });

  it('separate-port that is taken ends the start', async () => {
    const first = await started({ OPS_ACCESS: 'separate-port', OPS_PORT: '0' });
    const { port } = new URL(operationsUrl(first));
    const second = startService({ OPS_ACCESS: 'separate-port', OPS_PORT: port });
    await expect(second).rejects.toThrow('LISTEN_FAILED');
  });
});
