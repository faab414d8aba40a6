import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawHttp } from '../support/raw-http.js';
import { startService } from '../support/service.js';

const { later } = cleanup();

/** The service gives a request so long to arrive. */
const ARRIVES_MS = 30_000;

it('a request of which the rest does not come is answered with 408, and its socket is closed', async () => {
  const service = await startService({ PROPOSAL_STORE_BACKEND: 'IN_MEMORY' });
  later(() => service.stop('SIGKILL'));
  const [head, body] = [await RawHttp.to(service.url), await RawHttp.to(service.url)];
  later(() => {
    for (const { socket } of [head, body]) socket.destroy();
  });
  const begun = performance.now();
  head.socket.write('GET /health/live HTTP/1.1\r\nHo');
  body.beginPost('/rebalance/proposals', '{"portfolio_id":"p"}', { 'Idempotency-Key': 'late' });
  const late = [head, body];
  await eventually(() => {
    expect(late.map(({ ending }) => ending)).not.toContain('open');
  }, 60_000);
  const seconds = (performance.now() - begun) / 1000;
  for (const { lastHead, received } of late) {
    expect(lastHead).toMatch(/^http\/1\.1 408 /);
    expect(lastHead).toContain('content-type: application/problem+json');
    expect(lastHead).toContain('connection: close');
    expect(JSON.parse(received.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      status: 408,
      code: 'REQUEST_TIMEOUT',
    });
  }
  expect(seconds).toBeGreaterThanOrEqual(ARRIVES_MS / 1000 - 0.5);
}, 90_000);
