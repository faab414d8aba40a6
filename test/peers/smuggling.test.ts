import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadBalancer, startShippedLoadBalancer } from '../support/haproxy.js';
import { type Service, startService } from '../support/service.js';
import { bearer, JWT, tokenFor } from '../support/tokens.js';

/** After the last byte of an answer on a connection that stays open. */
const QUIET_MS = 400;
const LONGEST_MS = 10_000;

let service: Service;
let balancer: LoadBalancer;
let token: string;

beforeAll(async () => {
  token = await tokenFor('me');
  service = await startService({
    ...JWT,
    PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
    TRUSTED_PROXIES: '127.0.0.1',
    // Counted for each address, and more than the table has refused.
    RATE_LIMIT_REFUSED: '400',
  });
  balancer = await startShippedLoadBalancer([service.url, service.url]);
  const made = await fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json', 'idempotency-key': 'there' },
    body: '{"portfolio_id":"there","document":{}}',
  });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await balancer.stop();
  await service.stop('SIGKILL');
});

/** Sends bytes as they are. @param from a client's address @returns all that came back until it was quiet */
async function send(url: string, bytes: string, from = '127.0.0.1'): Promise<string> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), localAddress: from });
  await once(socket, 'connect');
  let received = '';
  let lastAt = performance.now();
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    lastAt = performance.now();
  });
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  const begun = performance.now();
  const isQuiet = () => received !== '' && performance.now() - lastAt > QUIET_MS;
  while (!socket.closed && !isQuiet() && performance.now() - begun < LONGEST_MS) await wait(20);
  socket.destroy();
  return received;
}

const statusesIn = (received: string) =>
  [...received.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));

/** What is in the stores, by the service itself. */
async function contents(): Promise<string> {
  const texts = ['/rebalance/proposals', '/rebalance/runs', '/rebalance/operations'].map(
    async (path) => (await fetch(service.url + path, { headers: bearer(token) })).text(),
  );
  return (await Promise.all(texts)).join('\n');
}

let count = 0;
const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n`;
const authorization = () => `Authorization: Bearer ${token}`;

/** What the balancer lets nobody ask for, and the service answers whoever reaches it; its log would have the name. */
const hidden = (name: string) =>
  lines(
    'GET /api/v1/diagnostics HTTP/1.1',
    'Host: a',
    `X-Correlation-Id: ${name}`,
    'Connection: close',
    '',
  );
const hiddenWrite = (name: string) => {
  const body = '{"portfolio_id":"hidden","document":{}}';
  return (
    lines(
      'POST /health/../rebalance/proposals HTTP/1.1',
      'Host: a',
      authorization(),
      `X-Correlation-Id: ${name}`,
      `Idempotency-Key: ${name}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
    ) + body
  );
};
const head = (...headers: readonly string[]) =>
  lines(
    'POST /rebalance/runs HTTP/1.1',
    'Host: a',
    authorization(),
    'Content-Type: application/json',
    ...headers,
    '',
  );
const get = (target: string, ...headers: readonly string[]) =>
  lines(`GET ${target} HTTP/1.1`, 'Host: a', authorization(), ...headers, '');

/** A request around a second one, and the statuses that come back: the balancer's 404 is for a second that it has seen itself. */
type Row = readonly [name: string, statuses: readonly number[], bytes: (second: string) => string];

const withLength = (second: string) => `Content-Length: ${second.length + 5}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const END = '0\r\n\r\n';
/** The second request as a chunk of the body of the first. */
const asChunk = (second: string) => `${second.length.toString(16)}\r\n${second}\r\n${END}`;

const LENGTHS_AND_CHUNKS: readonly Row[] = [
  ['a length, then chunks', [400], (second) => head(withLength(second), CHUNKED) + END + second],
  ['chunks, then a length', [400], (second) => head(CHUNKED, withLength(second)) + END + second],
  [
    'chunks, and a length of nothing',
    [400],
    (second) => head('Content-Length: 0', CHUNKED) + asChunk(second),
  ],
  [
    'chunks, and a short length',
    [400],
    (second) => head('Content-Length: 4', CHUNKED) + asChunk(second),
  ],
  ['chunks twice', [400], (second) => head(CHUNKED, CHUNKED, withLength(second)) + END + second],
  [
    'chunks, twice in a line',
    [400],
    (second) => head('Transfer-Encoding: chunked, chunked', withLength(second)) + END + second,
  ],
  [
    'chunks before identity',
    [400],
    (second) => head('Transfer-Encoding: chunked, identity', withLength(second)) + END + second,
  ],
  [
    'identity before chunks',
    [422],
    (second) => head('Transfer-Encoding: identity, chunked', withLength(second)) + END + second,
  ],
  [
    'identity',
    [400],
    (second) => head('Transfer-Encoding: identity', withLength(second)) + END + second,
  ],
  [
    'an empty coding',
    [400],
    (second) => head('Transfer-Encoding:', withLength(second)) + END + second,
  ],
  [
    'chunks behind a blank',
    [400],
    (second) => head('Transfer-Encoding : chunked', withLength(second)) + END + second,
  ],
  [
    'chunks behind a tab',
    [400],
    (second) => head('Transfer-Encoding\t: chunked', withLength(second)) + END + second,
  ],
  [
    'xchunked',
    [400],
    (second) => head('Transfer-Encoding: xchunked', withLength(second)) + END + second,
  ],
  [
    'chunked with a parameter',
    [400],
    (second) => head('Transfer-Encoding: chunked;a=b', withLength(second)) + END + second,
  ],
  [
    'chunked in quotes',
    [400],
    (second) => head('Transfer-Encoding: "chunked"', withLength(second)) + END + second,
  ],
  [
    'chunked behind a vertical tab',
    [400],
    (second) => head('Transfer-Encoding: \x0bchunked', withLength(second)) + END + second,
  ],
  [
    'chunked and NUL',
    [400],
    (second) => head('Transfer-Encoding: chunked\0', withLength(second)) + END + second,
  ],
  [
    'chunks behind a line feed',
    [400],
    (second) => head('X: a\nTransfer-Encoding: chunked', withLength(second)) + END + second,
  ],
  [
    'chunks behind a carriage return',
    [400],
    (second) => head('X: a\rTransfer-Encoding: chunked', withLength(second)) + END + second,
  ],
  [
    'chunks in a folded line',
    [400],
    (second) => head('Transfer-Encoding:\r\n chunked', withLength(second)) + END + second,
  ],
  [
    'a folded line before the name',
    [400],
    (second) =>
      lines(
        'POST /rebalance/runs HTTP/1.1',
        ' Transfer-Encoding: chunked',
        'Host: a',
        withLength(second),
        '',
      ) +
      END +
      second,
  ],
  [
    'transfer_encoding',
    [400],
    (second) =>
      head('Transfer_Encoding: chunked', `Content-Length: ${asChunk(second).length}`) +
      asChunk(second),
  ],
  ['two lengths', [400], (second) => head('Content-Length: 0', withLength(second)) + END + second],
  [
    'two lengths, the other way',
    [400],
    (second) => head(withLength(second), 'Content-Length: 0') + END + second,
  ],
  [
    'two lengths in a line',
    [400],
    (second) => head(`Content-Length: 0, ${second.length}`) + second,
  ],
  ['a length with a sign', [400], (second) => head(`Content-Length: +${second.length}`) + second],
  ['a length below nothing', [400], (second) => head('Content-Length: -1') + second],
  ['a length in hexadecimal', [400], (second) => head('Content-Length: 0x10') + second],
  ['a length with a fraction', [400], (second) => head('Content-Length: 1.0') + second],
  ['a length with a blank in it', [400], (second) => head('Content-Length: 1 0') + second],
  [
    'a length beyond all numbers',
    [400, 404],
    (second) => head('Content-Length: 18446744073709551617') + second,
  ],
  ['an empty length', [400], (second) => head('Content-Length:') + second],
  [
    'a length behind a blank',
    [400],
    (second) => head(`Content-Length : ${second.length}`) + second,
  ],
  [
    'a body of a GET',
    [200],
    (second) => get('/rebalance/proposals', `Content-Length: ${second.length}`) + second,
  ],
  ['chunks of a GET', [200], (second) => get('/rebalance/proposals', CHUNKED) + asChunk(second)],
  ['the body of a POST', [400], (second) => head(`Content-Length: ${second.length}`) + second],
  ['a chunk of a POST', [400], (second) => head(CHUNKED) + asChunk(second)],
  ['a size with a sign', [400], (second) => head(CHUNKED) + `+${asChunk(second)}`],
  ['a size with 0x', [400], (second) => head(CHUNKED) + `0x${asChunk(second)}`],
  [
    'a size beyond all numbers',
    [400],
    (second) => head(CHUNKED) + `FFFFFFFFFFFFFFFFF\r\n${second}`,
  ],
  [
    'a size with a line feed in its extension',
    [400],
    (second) => head(CHUNKED) + `1;a\nb\r\nX\r\n${END}${second}`,
  ],
  [
    'a chunk that is longer than it says',
    [400],
    (second) => head(CHUNKED) + `1\r\nXX${second}\r\n${END}`,
  ],
  [
    'a trailer',
    [400, 404],
    (second) =>
      head(CHUNKED) +
      `0\r\n${authorization()}\r\nContent-Length: ${second.length}\r\n\r\n` +
      second,
  ],
  [
    'a body that waits to be called for',
    [100, 400],
    (second) => head('Expect: 100-continue', `Content-Length: ${second.length}`) + second,
  ],
];

const REQUESTS: readonly Row[] = [
  [
    'HTTP/1.0 and chunks',
    [400],
    (second) => head(CHUNKED, withLength(second)).replace('1.1', '1.0') + END + second,
  ],
  [
    'HTTP/1.0 that stays open',
    [200, 404],
    (second) =>
      get('/rebalance/proposals', 'Connection: keep-alive').replace('1.1', '1.0') + second,
  ],
  ['HTTP/0.9', [400], (second) => `GET /rebalance/proposals\r\n${second}`],
  ['HTTP/1.2', [200, 404], (second) => get('/rebalance/proposals').replace('1.1', '1.2') + second],
  ['HTTP/2', [400], (second) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${second}`],
  [
    'an upgrade to h2c',
    [200, 404],
    (second) =>
      get(
        '/rebalance/proposals',
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
      ) + second,
  ],
  [
    'an upgrade to a web socket',
    [200, 404],
    (second) =>
      get(
        '/rebalance/proposals',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        'Sec-WebSocket-Version: 13',
      ) + second,
  ],
  ['CONNECT', [404, 404], (second) => lines('CONNECT a:80 HTTP/1.1', 'Host: a:80', '') + second],
  ['a blank in a name', [400], (second) => get('/rebalance/proposals', 'X Y: a') + second],
  ['a name of nothing', [400], (second) => get('/rebalance/proposals', ': a') + second],
  ['NUL in a value', [400, 404], (second) => get('/rebalance/proposals', 'X: a\0b') + second],
  ['a line without a colon', [400], (second) => get('/rebalance/proposals', 'X') + second],
  [
    'more headers than fit',
    [400],
    (second) => get('/rebalance/proposals', `X: ${'a'.repeat(20_000)}`) + second,
  ],
  ['two hosts', [400], (second) => get('/rebalance/proposals', 'Host: b') + second],
  [
    'two hosts that are the same',
    [200, 404],
    (second) => get('/rebalance/proposals', 'Host: a') + second,
  ],
  [
    'no host',
    [400, 404],
    (second) => lines('GET /rebalance/proposals HTTP/1.1', authorization(), '') + second,
  ],
  [
    'a target with another host',
    [400],
    (second) => get('http://other/rebalance/proposals') + second,
  ],
  [
    'a target with the same host',
    [200, 404],
    (second) => get('http://a/rebalance/proposals') + second,
  ],
  [
    'a target for operators with the same host',
    [404],
    (second) =>
      get('http://a/health/pool', 'X-Correlation-Id: hidden-own', 'Connection: close') + second,
  ],
  ['a blank in a target', [400], (second) => get('/rebalance/pro posals') + second],
];

describe.each([
  ['what is for operators', hidden],
  ['a write', hiddenWrite],
])(
  '%s that is hidden in another request, in front of the service deploy/haproxy.cfg',
  (_, second) => {
    it('is seen where it reaches the service', async () => {
      const name = `hidden-direct-${count}`;
      await send(service.url, second(name));
      expect(service.output()).toContain(name);
    });

    it.each([...LENGTHS_AND_CHUNKS, ...REQUESTS])('by %s: %j', async (_name, statuses, bytes) => {
      count += 1;
      const name = `hidden-${count}-`;
      const before = await contents();
      const received = await send(balancer.url, bytes(second(name)));
      expect(statusesIn(received)).toEqual(statuses);
      expect(received).not.toContain('write_probe_ok');
      expect(service.output()).not.toContain(name);
      expect(service.output()).not.toContain('hidden-own');
      expect(await contents()).toBe(before);
    });
  },
);

describe('what a client says of itself', () => {
  /** Of its own network: each of them is another client to the balancer. */
  const [CLIENT, OTHER] = ['127.0.0.71', '127.0.0.72'];
  const ask = async (from: string, ...headers: readonly string[]) => {
    const asked = get('/rebalance/proposals', ...headers, 'Connection: close');
    return statusesIn(await send(balancer.url, asked, from))[0];
  };
  /** Who proves nothing is counted by address. */
  const unknown = (...headers: readonly string[]) =>
    lines('GET /rebalance/proposals HTTP/1.1', 'Host: a', ...headers, '');

  it('does not make it another client, whose requests are counted apart', async () => {
    const answered = async (from: string, bytes: string) =>
      statusesIn(await send(balancer.url, bytes, from)).at(-1);
    const exhaust = async () => {
      let status: number | undefined = 401;
      for (let tries = 0; status === 401 && tries < 40; tries += 1)
        status = await answered(CLIENT, unknown().repeat(50));
      expect(status).toBe(429);
    };
    for (const headers of [
      [`X-Forwarded-For: ${OTHER}`],
      [`X-Forwarded-For: ${OTHER}`, 'X-Forwarded-For: 127.0.0.1'],
      [`x-forwarded-for: ${OTHER}, 127.0.0.1`],
      [`X_Forwarded_For: ${OTHER}`],
      [`X-Forwarded-For: ${OTHER}`, 'Connection: X-Forwarded-For'],
      ['Connection: close, X-Forwarded-For'],
      [`Forwarded: for=${OTHER}`],
      [`X-Real-IP: ${OTHER}`],
      [`True-Client-IP: ${OTHER}`],
      [`X-Client-IP: ${OTHER}`],
      [`X-Forwarded-Host: ${OTHER}`, 'X-Forwarded-Proto: https'],
    ]) {
      // Each time: the window of the limit ends while others are asked.
      await exhaust();
      const found = await answered(CLIENT, unknown(...headers));
      expect({ headers, status: found }).toEqual({ headers, status: 429 });
    }
    expect(await answered(OTHER, unknown())).toBe(401);
    expect(await answered(OTHER, unknown(`X-Forwarded-For: ${CLIENT}`))).toBe(401);
  }, 90_000);

  it.each([
    ['Connection: Authorization'],
    ['Connection: close, authorization, Host, Content-Length, X-Forwarded-For'],
    ['Proxy-Connection: authorization'],
  ])('takes nothing away by %s, and gives nothing', async (header) => {
    expect(await ask(OTHER, header)).toBe(200);
    const without = lines(
      'GET /rebalance/proposals HTTP/1.1',
      'Host: a',
      header,
      'Connection: close',
      '',
    );
    expect(statusesIn(await send(balancer.url, without, OTHER))).toEqual([401]);
  });
});

describe('a path for operators that is written in another way', () => {
  it.each([
    '/api/..%2fhealth',
    '//health',
    '//health/pool',
    '/rebalance/..%2fhealth/pool',
    '/rebalance/%2e%2e/health/pool',
    '/rebalance/../health/pool',
    '/rebalance/..;/health/pool',
    '/rebalance/.%2e%5chealth/pool',
    '/rebalance%2f..%2fhealth/pool',
    '/%68ealth/pool',
    '/health%2fpool',
    '/health/pool%00',
    '/health/pool;a',
    '/./health/pool',
    '/HEALTH/pool',
    '\\health\\pool',
    'health/pool',
    '*',
    'http://a/health/pool',
    'http://a/rebalance/../health/pool',
  ])('%s reaches nobody', async (path) => {
    count += 1;
    const name = `hidden-path-${count}-`;
    const received = await send(
      balancer.url,
      get(path, `X-Correlation-Id: ${name}`, 'Connection: close'),
    );
    expect([400, 404]).toContain(statusesIn(received)[0]);
    expect(received).not.toContain('"pools"');
    expect(received).not.toContain('"uptime_seconds"');
    // What is below /rebalance/ to the balancer may ask the service, which has no such path.
    for (const line of service
      .output()
      .split('\n')
      .filter((each) => each.includes(name)))
      expect(line).toContain('"status":404');
  });
});
