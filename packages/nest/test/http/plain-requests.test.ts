import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Connections } from '../../src/http/connections.js';
import { answerPlainRequests, plainHandlersOf } from '../../src/http/plain-requests.js';
import type { Edge } from '../../src/http/platform.js';
import { RequestMetrics } from '../../src/metrics/request-metrics.js';

let server: ReturnType<typeof createServer>;
let url: string;
let logged: object[];

beforeEach(async () => {
  logged = [];
  server = createServer((_, response) => response.end('the framework'));
  const connections = new Connections();
  connections.watch(server);
  const log = { error: (line: object) => logged.push(line), isLevelEnabled: () => false };
  const settings = {
    http: { allowedOrigins: [], hstsSeconds: 0 },
    log: { requests: 'all' },
  };
  const edge = { settings, connections, log, lifecycle: {}, metrics: new RequestMetrics() };
  answerPlainRequests(server, edge as unknown as Edge);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
});

it('answers a plain request itself, and leaves what has a query, a method or a path of its own to the framework', async () => {
  plainHandlersOf(server).set('/live', () => ({ status: 200, body: '{"status":"ok"}' }));
  const answer = await fetch(`${url}/live`, { headers: { 'x-correlation-id': 'mine' } });
  expect(await answer.json()).toEqual({ status: 'ok' });
  expect(answer.headers.get('x-correlation-id')).toBe('mine');
  for (const [path, method] of [
    ['/live?a=1', 'GET'],
    ['/live', 'POST'],
    ['/other', 'GET'],
  ] as const) {
    expect(await (await fetch(url + path, { method })).text()).toBe('the framework');
  }
});

it.each([
  [
    'at once',
    () => {
      throw new Error('a secret');
    },
  ],
  ['later', () => Promise.reject(new Error('a secret'))],
])('answers what fails %s as a problem, and logs it', async (_when, handler) => {
  plainHandlersOf(server).set('/ready', handler);
  const answer = await fetch(`${url}/ready`);
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL_ERROR', instance: '/ready' });
  expect(text).not.toContain('a secret');
  expect(logged).toMatchObject([{ event: 'request.failed', code: 'INTERNAL_ERROR' }]);
});
