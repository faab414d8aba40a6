import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Service, startService } from '../support/service.js';

const MIB = 1024 * 1024;
const CREATION = '{"portfolio_id":"p","created_by":"a","document":{}}';

let service: Service;

beforeAll(async () => {
  service = await startService({ DPM_POLICY_PACKS_ENABLED: 'false' });
});
afterAll(() => service.stop());

/** Sends bytes, and reads until the server ends. A reset fails it. */
async function exchange(bytes: string | Buffer, endsFirst = false): Promise<string> {
  const socket = await open();
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  if (endsFirst) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'end');
  socket.destroy();
  return received;
}

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** The status of an answer and its code, once it is one of the service's own. */
function judged(answer: string): string {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  const problem = JSON.parse(body) as { status: number; code: string; correlation_id: string };
  expect(head.toLowerCase()).toContain(`x-correlation-id: ${problem.correlation_id}`);
  expect(head).toContain(`HTTP/1.1 ${problem.status} `);
  return `${problem.status} ${problem.code}`;
}

const request = (line: string, ...headers: readonly string[]) =>
  [`${line} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');

describe('an answer that is given before the body has come', () => {
  it('is there for a client that reads when it has sent everything', async () => {
    const head = request(
      'POST /rebalance/proposals',
      'Host: h',
      'Content-Type: application/json',
      `Content-Length: ${12 * MIB}`,
    );
    const answer = await exchange(Buffer.concat([Buffer.from(head), Buffer.alloc(12 * MIB, 0x20)]));
    expect(judged(answer)).toBe('413 BODY_TOO_LARGE');
  });

  it('comes instead of 100 Continue', async () => {
    for (const [type, length, expected] of [
      ['application/json', 3 * MIB, '413 BODY_TOO_LARGE'],
      ['text/plain', 10, '415 MEDIA_TYPE_UNSUPPORTED'],
    ]) {
      const answer = await exchange(
        request(
          'POST /rebalance/proposals',
          'Host: h',
          'Expect: 100-continue',
          `Content-Type: ${type}`,
          `Content-Length: ${length}`,
        ),
      );
      expect(judged(answer)).toBe(expected);
    }
  });
});

describe('a request without a body that expects 100 Continue', () => {
  it.each(['GET', 'HEAD'])('is answered as one that does not: %s', async (method) => {
    const plain = await exchange(request(`${method} /rebalance/proposals`, 'Host: h'));
    const expecting = ['Host: h', 'Expect: 100-continue'];
    for (const more of [[], ['Content-Length: 0'], ['Content-Type: text/plain']]) {
      const answer = await exchange(
        request(`${method} /rebalance/proposals`, ...expecting, ...more),
      );
      expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
      expect(answer.length).toBe(plain.length);
    }
  });

  it('leaves the connection open for the next one', async () => {
    const get = 'GET /rebalance/proposals HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n';
    const answers = await exchange(`${get}\r\n${get}Connection: close\r\n\r\n`);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it('has an error told as one that does not', async () => {
    const expecting = ['Host: h', 'Expect: 100-continue'];
    expect(judged(await exchange(request('GET /none', ...expecting)))).toBe('404 ROUTE_NOT_FOUND');
    const nothing = request('POST /rebalance/proposals', 'Host: h', 'Content-Length: 0');
    expect(judged(await exchange(nothing.replace('\r\n', '\r\nExpect: 100-continue\r\n')))).toBe(
      judged(await exchange(nothing)),
    );
  });
});

describe('a request that is none, or half of one', () => {
  const LONG = 'x'.repeat(9000);

  it.each([
    ['no Host', request('GET /version'), '400 REQUEST_MALFORMED'],
    ['two of them', request('GET /version', 'Host: a', 'Host: b'), '400 REQUEST_MALFORMED'],
    ['another Expect', request('GET /version', 'Host: h', 'Expect: magic'), '417 EXPECTATION_FAILED'],
    ['a long URL', request(`GET /${LONG}`, 'Host: h'), '414 TARGET_TOO_LONG'],
    ['a longer URL', request(`GET /${LONG}${LONG}`, 'Host: h'), '414 TARGET_TOO_LONG'],
    ['large headers', request('GET /version', 'Host: h', `X: ${LONG}${LONG}`), '431 HEADERS_TOO_LARGE'],
    ['many headers', request('GET /version', 'Host: h', ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`)), '431 HEADERS_TOO_LARGE'],
    ['an unknown method', request('FETCH /version', 'Host: h'), '400 REQUEST_MALFORMED'],
    ['HTTP/0.9', 'GET /version\r\n\r\n', '400 REQUEST_MALFORMED'],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex').toString('latin1'), '400 REQUEST_MALFORMED'],
    ['two lengths', request('POST /version', 'Host: h', 'Content-Length: 1', 'Transfer-Encoding: chunked'), '400 REQUEST_MALFORMED'],
    ['coded in two ways', request('POST /version', 'Host: h', 'Transfer-Encoding: gzip, chunked'), '400 REQUEST_MALFORMED'],
    ['coded in an unknown way', request('POST /version', 'Host: h', 'Transfer-Encoding: identity, chunked'), '400 REQUEST_MALFORMED'],
    ['a proxy is asked for', request('CONNECT h:443', 'Host: h'), '405 METHOD_NOT_ALLOWED'],
    ['a wrong method', request('DELETE /version', 'Host: h'), '405 METHOD_NOT_ALLOWED'],
    ['an unknown path', request('DELETE /none', 'Host: h'), '404 ROUTE_NOT_FOUND'],
  ])('is answered in the service’s own form: %s', async (_, bytes, expected) => {
    expect(judged(await exchange(bytes))).toBe(expected);
  }); // prettier-ignore

  it('of HTTP/1.0 is answered', async () => {
    expect(await exchange('GET /version HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('says which methods there are', async () => {
    for (const [path, allow] of [
      ['/version', 'GET, HEAD'],
      ['/rebalance/proposals', 'GET, HEAD, POST'],
      ['/rebalance/proposals/a%2Fb/events', 'GET, HEAD'],
      ['/health/ready', 'GET, HEAD'],
    ] as const) {
      for (const method of ['PATCH', 'OPTIONS', 'DELETE']) {
        const { status, headers } = await fetch(service.url + path, { method });
        expect([path, status, headers.get('allow')]).toEqual([path, 405, allow]);
      }
      if (path !== '/rebalance/proposals/a%2Fb/events') {
        expect((await fetch(service.url + path, { method: 'HEAD' })).status).toBe(200);
      }
    }
  });
});

it('a client that ends its side after its request gets its answer', async () => {
  for (let tried = 0; tried < 20; tried += 1) {
    const create = [
      'POST /rebalance/proposals HTTP/1.1',
      'Host: h',
      `Idempotency-Key: half-${tried}`,
      'Content-Type: application/json',
      `Content-Length: ${CREATION.length}`,
      '',
      CREATION,
    ];
    expect(await exchange(create.join('\r\n'), true)).toMatch(/HTTP\/1\.1 201 /);
  }
});

it('pipelined requests are answered in order, what is none behind them last', async () => {
  const get = 'GET /rebalance/proposals HTTP/1.1\r\nHost: h\r\n\r\n';
  const answers = await exchange(`${get}${get}NONE\r\n\r\n`);
  expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    '200',
    '200',
    '400',
  ]);
});

describe('a number of a query or a path', () => {
  it.each(['1e1', '0x10', '%2B5', '%205', '1.0', '05', '-1', '', '1&limit=2', '5%20'])(
    'is written in decimal digits: %s is refused',
    async (limit) => {
      for (const path of ['proposals', 'runs', 'operations', 'workflow/decisions', 'lineage/x']) {
        const { status } = await fetch(`${service.url}/rebalance/${path}?limit=${limit}`);
        expect([path, status]).toEqual([path, 422]);
      }
    },
  );

  it('is refused in a path as well, and what is right is taken', async () => {
    for (const no of ['1e0', '0x1', '1.0', '01']) {
      const path = `/rebalance/proposals/x/versions/${no}`;
      expect((await fetch(service.url + path)).status).toBe(422);
    }
    expect((await fetch(`${service.url}/rebalance/proposals/x/versions/1`)).status).toBe(404);
    expect((await fetch(`${service.url}/rebalance/runs?limit=200`)).status).toBe(200);
  });
});

it('a body that says that it is not in UTF-8 is refused', async () => {
  for (const [charset, status] of [
    ['utf-8', 201],
    ['UTF8', 200],
    ['"utf-8"', 200],
    ['iso-8859-1', 415],
    ['utf-16', 415],
  ] as const) {
    const answer = await fetch(`${service.url}/rebalance/proposals`, {
      method: 'POST',
      headers: { 'content-type': `application/json; charset=${charset}`, 'idempotency-key': 'c' },
      body: CREATION,
    });
    expect([charset, answer.status]).toEqual([charset, status]);
  }
});

it('a route that is off is not there, whatever is sent to it', async () => {
  for (const body of ['{', ' '.repeat(3 * MIB), '[1]']) {
    for (const type of ['application/json', 'text/plain']) {
      const answer = await fetch(`${service.url}/rebalance/policies/catalog/p`, {
        method: 'PUT',
        headers: { 'content-type': type },
        body,
      });
      expect(await answer.json()).toMatchObject({ status: 404, code: 'POLICY_PACKS_DISABLED' });
    }
  }
});
