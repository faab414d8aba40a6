import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { freePort } from '@holdfast/testing/cluster';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import type { Service } from '../support/service.js';
import { steadyCallers } from '../support/steady-callers.js';
import { startTopology } from '../support/topology.js';

const { later } = cleanup();
const OPERATIONS = [
  '/health',
  '/health/pool',
  '/health/migrations',
  '/api/v1/diagnostics',
  '/docs',
  '/docs-json',
  '/metrics',
];
const CLOSED = 'closed';

/** The status of an answer, or that nobody listens. */
async function statusOf(url: string): Promise<number | typeof CLOSED> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return CLOSED;
  }
}

interface Instance {
  readonly name: 'app-1' | 'app-2';
  readonly service: Service;
  readonly operations: string;
}

it('a rolling restart of instances that HAProxy asks at their ports of operations fails no request, and those ports close last', async () => {
  const { startApp } = await startTopology(later);
  const start = async (name: Instance['name'], port = 0): Promise<Instance> => {
    const operationsPort = await freePort();
    const service = await startApp(name, port, {
      OPS_ACCESS: 'separate-port',
      OPS_PORT: String(operationsPort),
      SHUTDOWN_DRAIN_MS: '5000',
    });
    return { name, service, operations: `http://127.0.0.1:${operationsPort}` };
  };
  const restart = async ({ name, service, operations }: Instance): Promise<Instance> => {
    const app = await startApp(name, Number(new URL(service.url).port), {
      OPS_ACCESS: 'separate-port',
      OPS_PORT: new URL(operations).port,
      SHUTDOWN_DRAIN_MS: '5000',
    });
    return { name, service: app, operations };
  };
  const instances = await Promise.all([start('app-1'), start('app-2')]);
  const [first, second] = instances;
  const balancer = await startShippedLoadBalancer([first.service.url, second.service.url], {
    checked: [first.operations, second.operations],
  });
  later(() => balancer.stop());

  for (const path of OPERATIONS) {
    expect({ path, status: await statusOf(balancer.url + path) }).toEqual({ path, status: 404 });
    expect({ path, status: await statusOf(first.service.url + path) }).toEqual({
      path,
      status: 404,
    });
  }
  expect(await statusOf(`${first.operations}/health/pool`)).toBe(200);
  // Nobody but the balancer's probes has asked the main ports how they are.
  expect(await statusOf(`${balancer.url}/health/ready`)).toBe(200);

  const load = steadyCallers(balancer.url);
  await load.more();
  const draining: string[] = [];
  for (const instance of instances) {
    const ended = instance.service.stop();
    // What is asked first is answered before the other: a port of operations that closed first would be seen.
    for (let isOpen = true; isOpen;) {
      const main = await statusOf(`${instance.service.url}/health/live`);
      const [live, ready] = [
        await statusOf(`${instance.operations}/health/live`),
        await statusOf(`${instance.operations}/health/ready`),
      ];
      draining.push(`main ${main}, live ${live}, ready ${ready}`);
      isOpen = live !== CLOSED || main !== CLOSED;
      await wait(50);
    }
    const { code, stdout } = await ended;
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"abandoned":0,"late":false'),
    });
    await restart(instance);
    await eventually(async () => {
      expect(await balancer.isUp()).toEqual([true, true]);
    });
    await load.more();
  }
  await load.end();
  process.stdout.write(
    `rolling restart: ${load.answered()} requests answered, failed: ${JSON.stringify(load.failures)}, sent again: ${await balancer.sentAgain()}\n`,
  );
  expect(load.failures).toEqual({});
  expect(await balancer.sentAgain()).toBe(0);
  const seen = [...new Set(draining)];
  expect(seen).toContain('main 200, live 200, ready 503');
  // The last look may find the port of operations closing between two questions, the main one never open then.
  expect(
    seen.filter((each) => each.includes('live closed') && !each.startsWith('main closed')),
  ).toEqual([]);
}, 120_000);
