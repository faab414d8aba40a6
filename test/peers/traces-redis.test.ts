import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { asDocumented, documentedSpans } from '../support/documented-spans.js';
import { eventually } from '../support/eventually.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';
import { SPAN_KIND, startTraceCollector, tracedTo } from '../support/trace-collector.js';

const { later } = cleanup();
const NAME = 'EVALSHA holdfastCount';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
}, 60_000);
afterAll(() => redis.remove());

it('tells the calls of Redis that a request makes, and none that it does not', async () => {
  const collector = await startTraceCollector();
  later(() => collector.close());
  const service = await startService({
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    REDIS_URL: redis.url,
    RATE_LIMIT_REQUESTS: '1000',
    ...tracedTo(collector),
  });
  later(() => service.stop());
  const ofRedis = () =>
    collector.spans.filter(({ attributes }) => attributes['db.system.name'] === 'redis');
  const ask = () => fetch(`${service.url}/rebalance/proposals/none`);
  await eventually(async () => {
    expect((await ask()).status).toBe(404);
    expect(ofRedis()).not.toEqual([]);
  });
  redis.signal('SIGSTOP');
  expect((await ask()).status).toBe(404);
  // It has not answered, and never does: thawed before it ends, it might.
  await redis.stop();
  await eventually(async () => {
    expect((await ask()).status).toBe(404);
    expect(ofRedis().some(({ attributes }) => 'error.type' in attributes)).toBe(true);
  });
  await service.stop();
  const servers = collector.spans.filter(({ kind }) => kind === SPAN_KIND.server);
  const requests = new Set(servers.map(({ spanId }) => spanId));
  for (const span of ofRedis()) {
    expect(span.name).toBe(NAME);
    expect(requests).toContain(span.parentSpanId);
  }
  expect(asDocumented(ofRedis()).get('EVALSHA {script}')).toEqual(
    documentedSpans().get('EVALSHA {script}'),
  );
  expect(collector.text()).not.toContain(redis.password);
  // A count is kept under the address of who asks.
  expect(collector.text()).not.toContain('127.0.0.1');
});
