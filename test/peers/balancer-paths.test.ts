import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadBalancer, startShippedLoadBalancer } from '../support/haproxy.js';
import { spellingsOf } from '../support/path-spellings.js';
import { type Service, startService } from '../support/service.js';

const PROBES = ['/health/live', '/livez', '/health/ready', '/readyz', '/healthz', '/api/ready'];
/** What everybody may ask for. */
const OPEN = ['/rebalance/', '/api/ingest/', '/api/jobs/', '/public/'];
const MOST_AT_ONCE = 20;
/** For a busy machine; not answered at all is a fault. */
const ANSWER_MS = 20_000;
const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });

interface Answered {
  readonly status: number | undefined;
  /** By a header that every answer of the service has, and none of the balancer's own. */
  readonly isOfService: boolean;
}

/** Sends a request whose target is exactly as given. @returns undefined where none can be sent */
function ask(url: string, path: string, method = 'GET'): Promise<Answered | undefined> {
  return new Promise((answered, failed) => {
    const { hostname, port } = new URL(url);
    try {
      request({ hostname, port, method, path, agent, timeout: ANSWER_MS }, (response) => {
        response.resume();
        const isOfService = response.headers['x-content-type-options'] !== undefined;
        answered({ status: response.statusCode, isOfService });
      })
        .on('timeout', () => {
          failed(new Error(`no answer to ${path}`));
        })
        .on('error', failed)
        .end();
    } catch (error) {
      // What Node's client itself refuses to put on the line is sent byte by byte elsewhere.
      if ((error as { code?: string }).code === 'ERR_UNESCAPED_CHARACTERS') answered(undefined);
      else failed(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

describe('deploy/haproxy.cfg, in front of the service', () => {
  let service: Service;
  let balancer: LoadBalancer;
  let closed: readonly string[];

  beforeAll(async () => {
    service = await startService({
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
      MEDIA_ENABLED: 'true',
      MEDIA_STORE_BACKEND: 'IN_MEMORY',
    });
    balancer = await startShippedLoadBalancer([service.url, service.url]);
    const response = await fetch(`${service.url}/docs-json`);
    const { paths } = (await response.json()) as { readonly paths: object };
    const own = Object.keys(paths).filter((path) => !OPEN.some((open) => path.startsWith(open)));
    closed = [
      ...own.filter((path) => !PROBES.includes(path)),
      '/docs',
      '/docs-json',
      '/docs/none.css',
    ];
  });
  afterAll(async () => {
    agent.destroy();
    await balancer.stop();
    await service.stop('SIGKILL');
  });

  it('lets nothing through to a path for operators, however it is written', async () => {
    expect(closed).toEqual(
      expect.arrayContaining([
        '/health',
        '/health/pool',
        '/health/migrations',
        '/version',
        '/api/version',
      ]),
    );
    expect(closed).toEqual(
      expect.arrayContaining([
        '/api/v1/diagnostics',
        '/health/startup',
        '/docs',
        '/api/slots',
        '/api/settings',
        '/media',
      ]),
    );
    const tries = [...new Set(closed.flatMap(spellingsOf))];
    const served: string[] = [];
    const passed: string[] = [];
    const one = async (path: string) => {
      const [direct, through] = [await ask(service.url, path), await ask(balancer.url, path)];
      if (direct?.status === 200) served.push(path);
      if (!through) return;
      // What passes leads to nothing: the service says that it has no such path.
      if (through.isOfService && through.status === 200 && !isProbe(path)) passed.push(path);
    };
    for (let at = 0; at < tries.length; at += MOST_AT_ONCE)
      await Promise.all(tries.slice(at, at + MOST_AT_ONCE).map(one));
    expect(passed).toEqual([]);
    // Without the balancer many of them would be served.
    expect(served.length).toBeGreaterThan(closed.length * 10);
    process.stdout.write(
      `${tries.length} spellings, ${served.length} of which the service serves\n`,
    );
  });

  /** A query or a fragment does not make it another path. */
  function isProbe(path: string): boolean {
    return PROBES.includes(path.split(/[?#]/, 1)[0] ?? '');
  }

  it.each(['POST', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])('nor by %s', async (method) => {
    for (const path of closed) {
      expect(await ask(balancer.url, path, method)).toMatchObject({ isOfService: false });
    }
  });

  it.each(PROBES)('lets %s through, with a query and without', async (path) => {
    expect(await ask(balancer.url, path)).toEqual({ status: 200, isOfService: true });
    expect(await ask(balancer.url, `${path}?a=b`)).toMatchObject({ status: 200 });
  });

  it.each([
    '/rebalance/proposals?limit=1',
    '/rebalance/runs',
    '/rebalance/lineage/a%2Fb%3Bc%25d%20..%2F..',
    '/rebalance/lineage/%C3%BC',
    '/rebalance/lineage/a..b',
    '/rebalance/lineage/...',
    '/rebalance/summary',
  ])('lets %s of the API through as it is', async (path) => {
    expect(await ask(balancer.url, path)).toEqual({ status: 200, isOfService: true });
    expect(await ask(service.url, path)).toEqual({ status: 200, isOfService: true });
  });

  it.each([
    ['/public/results/none', 404],
    ['/public/slots/slot-001', 404],
    ['/api/jobs/none', 404],
    ['/api/ingest/slot-001', 405],
  ])('lets %s of photos through: it is the service that answers %i', async (path, status) => {
    expect(await ask(balancer.url, path)).toEqual({ status, isOfService: true });
  });

  const get = (path: string, ...lines: readonly string[]) =>
    [`GET ${path} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n');
  const SECOND = get('/health/pool', 'Connection: close');

  it.each([
    ['two lengths', ['Content-Length: 0', `Content-Length: ${SECOND.length}`]],
    ['a length and chunks', ['Transfer-Encoding: chunked', `Content-Length: ${SECOND.length + 5}`]],
    ['chunks in an odd spelling', ['Transfer-Encoding: xchunked', 'Content-Length: 0']],
    ['chunks behind a blank', ['Transfer-Encoding : chunked', 'Content-Length: 5']],
    [
      'an upgrade',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ],
  ])('a second request hidden by %s reaches nobody', async (_, lines) => {
    const { hostname, port } = new URL(balancer.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(`${get('/livez', ...lines)}0\r\n\r\n${SECOND}`);
    await once(socket, 'close');
    expect(received).not.toContain('"pools"');
    expect(received).not.toContain('101 Switching');
  });

  it('tells the service the address that it sees, whatever the client says', async () => {
    const { hostname, port } = new URL(balancer.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write(get('/rebalance/proposals', 'X-Forwarded-For: 6.6.6.6', 'Connection: close'));
    await once(socket, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(service.output()).not.toContain('6.6.6.6');
  });
});
