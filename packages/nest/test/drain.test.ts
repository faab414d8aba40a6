import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { drain } from '../src/drain.js';
import { Connections } from '../src/http/connections.js';
import { Lifecycle } from '../src/lifecycle.js';
import { eventually } from '../../../test/support/eventually.js';
import { RawHttp } from '../../../test/support/raw-http.js';

const AT_ONCE = { drainMs: 0, timeoutMs: 5000 };
const close = () => Promise.resolve();

async function listen() {
  const connections = new Connections();
  const server = createServer((_, response) => {
    connections.begin(response, () => response.end('done'));
    response.on('finish', () => {
      connections.end(response);
    });
  });
  connections.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { connections, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('answers whoever has connected and is about to ask, and says that this is the last answer', async () => {
  const { connections, url } = await listen();
  const client = await RawHttp.to(url);
  const drained = drain(connections, new Lifecycle(), AT_ONCE, close);
  await wait(20);
  client.get('/');
  await eventually(() => {
    expect(client.lastHead).toMatch(/^http\/1\.1 200 .*connection: close/s);
  });
  expect(await drained).toEqual({ abandoned: 0, late: false });
});

it('lets those in who had connected before, though the process did not look', async () => {
  const { connections, url } = await listen();
  const arriving = RawHttp.to(url);
  const drained = drain(connections, new Lifecycle(), AT_ONCE, close);
  const client = await arriving;
  client.get('/');
  await eventually(() => {
    expect(client.lastHead).toMatch(/^http\/1\.1 200 /);
  });
  expect(await drained).toEqual({ abandoned: 0, late: false });
});

it('does not wait for long for a client that asks nothing', async () => {
  const { connections, url } = await listen();
  const client = await RawHttp.to(url);
  expect(await drain(connections, new Lifecycle(), AT_ONCE, close)).toEqual({
    abandoned: 0,
    late: false,
  });
  expect(client.received).toBe('');
  expect(client.ending).toBe('ended');
});
