import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@holdfast/testing/cluster';
import { type ReasonCode, reasonFor } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { startNameServer } from '../support/name-server.js';

/** What has to be closed after a test, in reverse. */
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** An instance that is ready, as far as a balancer can see, and answers all else as it is told to. */
async function startInstance(answer: RequestListener, host = '127.0.0.1', port = 0) {
  const server: Server = createServer((request, response) => {
    if (request.url === '/health/ready') response.end();
    else answer(request, response);
  });
  await once(server.listen(port, host), 'listening');
  open.push(() => {
    server.closeAllConnections();
    return server.close();
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, server };
}

const named = (name: string): RequestListener => {
  return (_request, response) => response.end(name);
};

async function balancerOf(...given: Parameters<typeof startShippedLoadBalancer>) {
  const balancer = await startShippedLoadBalancer(...given);
  open.push(balancer.stop);
  return balancer;
}

/** The answer has to be the problem document that the service itself would make of the code. */
async function expectProblem(response: Response, code: ReasonCode, path: string) {
  const correlationId = response.headers.get('x-correlation-id') ?? '';
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { status, meaning, fix } = reasonFor(code);
  expect(await response.json()).toEqual({
    type: `urn:holdfast:reason:${code}`,
    title: meaning,
    status,
    detail: fix,
    instance: path,
    code,
    correlation_id: correlationId,
  });
  expect(response.status).toBe(status);
  return correlationId;
}

describe('what deploy/haproxy.cfg answers itself is a problem document', () => {
  it('BALANCER_NO_INSTANCE where none is ready, and when to come again', async () => {
    const { url, server } = await startInstance(named('a'));
    const balancer = await balancerOf([url, url]);
    expect((await fetch(`${balancer.url}/balancer`)).status).toBe(200);
    server.closeAllConnections();
    server.close();
    await eventually(async () => {
      if ((await balancer.isUp()).some(Boolean)) throw new Error('still up');
    });
    const path = '/rebalance/"runs"\\%22%C3%BC';
    const headers = { 'X-Correlation-Id': 'of.the/client:1' };
    const response = await fetch(`${balancer.url}${path}`, { headers });
    expect(response.headers.get('retry-after')).toBe('5');
    // As it came over the line: what a URL may not hold, fetch has escaped.
    const sent = new URL(`${balancer.url}${path}`).pathname;
    expect(await expectProblem(response, 'BALANCER_NO_INSTANCE', sent)).toBe('of.the/client:1');
    await expectProblem(
      await fetch(`${balancer.url}/balancer`),
      'BALANCER_NO_INSTANCE',
      '/balancer',
    );
  });

  it('BALANCER_ROUTE_CLOSED, under an id of its own where the client gives none that fits', async () => {
    const { url } = await startInstance(named('a'));
    const balancer = await balancerOf([url, url]);
    const response = await fetch(`${balancer.url}/metrics`, {
      headers: { 'X-Correlation-Id': '"}, {"' },
    });
    const id = await expectProblem(response, 'BALANCER_ROUTE_CLOSED', '/metrics');
    expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });

  it('BALANCER_INSTANCE_LOST where an instance ends over what may not be sent again', async () => {
    const { url } = await startInstance((request) => request.socket.destroy());
    const balancer = await balancerOf([url, url]);
    const response = await fetch(`${balancer.url}/rebalance/a`, { method: 'PUT', body: '{}' });
    expect(response.headers.get('retry-after')).toBe('1');
    await expectProblem(response, 'BALANCER_INSTANCE_LOST', '/rebalance/a');
  });

  it('BALANCER_INSTANCE_TIMEOUT where it does not answer', async () => {
    const { url } = await startInstance(() => undefined);
    const balancer = await balancerOf([url, url], {
      edit: (settings) => settings.replace('timeout server 65s', 'timeout server 1s'),
    });
    const response = await fetch(`${balancer.url}/rebalance/a`, { method: 'PUT', body: '{}' });
    expect(response.headers.get('retry-after')).toBe('5');
    await expectProblem(response, 'BALANCER_INSTANCE_TIMEOUT', '/rebalance/a');
  });

  it('BALANCER_REQUEST_MALFORMED where a body is not what its headers say', async () => {
    const arrivals = new EventEmitter();
    const { url } = await startInstance((request) => {
      request.on('error', () => undefined).once('data', () => arrivals.emit('body'));
    });
    const arrived = once(arrivals, 'body');
    const balancer = await balancerOf([url, url]);
    const { hostname, port } = new URL(balancer.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write('POST /rebalance/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write('2\r\n{}\r\n');
    await arrived;
    socket.write('no length\r\n');
    await once(socket, 'close');
    const [head = '', body = ''] = received.split('\r\n\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line) => line.split(': ') as [string, string]);
    const status = Number(statusLine.split(' ')[1]);
    const response = new Response(body, { status, headers });
    await expectProblem(response, 'BALANCER_REQUEST_MALFORMED', '/rebalance/a');
  });
});

describe('the instances of deploy/haproxy.cfg', () => {
  /** Whom the requests of one balancer have reached. */
  async function reached(url: string, requests: number): Promise<readonly string[]> {
    const names = new Set<string>();
    for (let at = 0; at < requests; at++) {
      names.add(await (await fetch(`${url}/rebalance/a`)).text());
    }
    return [...names].sort();
  }

  it.each([2, 3, 16])('%d by name each get requests', async (count) => {
    const names = Array.from({ length: count }, (_, index) => `i${index}`).sort();
    const instances = await Promise.all(names.map((name) => startInstance(named(name))));
    const balancer = await balancerOf(instances.map(({ url }) => url));
    expect(await reached(balancer.url, count * 4)).toEqual(names);
  });

  it('or as many as DNS has behind one name, also when one leaves', async () => {
    const port = await freePort();
    const addresses = ['127.0.1.1', '127.0.1.2', '127.0.1.3'];
    for (const address of addresses) await startInstance(named(address), address, port);
    const dns = await startNameServer(addresses);
    open.push(dns.stop);
    const { url } = await balancerOf([], {
      env: { APP: `app.test:${port}`, CHECK_PORT: String(port) },
      edit: (settings) =>
        settings
          .replace('parse-resolv-conf', `nameserver test 127.0.0.1:${dns.port}`)
          .replace('hold valid 5s', 'hold valid 1s\n  hold obsolete 1s'),
    });
    await eventually(async () => {
      expect(await reached(url, 12)).toEqual(addresses);
    });
    const [gone] = addresses.splice(0, 1);
    await eventually(async () => {
      expect(await reached(url, 12)).not.toContain(gone);
    });
    expect(await reached(url, 12)).toEqual(addresses);
  });

  it('are told to operators at STATS_LISTEN, as a page and as metrics', async () => {
    const { url } = await startInstance(named('a'));
    const stats = await freePort();
    await balancerOf([url], { env: { STATS_LISTEN: `127.0.0.1:${stats}` } });
    const metrics = await fetch(`http://127.0.0.1:${stats}/metrics`);
    expect(await metrics.text()).toMatch(
      /^haproxy_server_status\{proxy="instances",server="app-1",state="UP"\} 1$/m,
    );
    expect(await (await fetch(`http://127.0.0.1:${stats}/`)).text()).toContain('app-1');
  });
});
