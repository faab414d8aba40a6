import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Connections } from '../../src/http/connections.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';

const { later } = cleanup();

/** More than the system takes for a client that reads nothing. */
const LARGE = 'x'.repeat(4 * 1024 * 1024);
const REQUESTS = 20;

/** @returns the numbers of the requests that have begun */
async function listen(
  answer: string,
  connections = new Connections(),
  onBegun: () => void = () => undefined,
) {
  const begun: string[] = [];
  const server = createServer((request, response) => {
    response.once('close', () => {
      connections.end(response);
    });
    connections.begin(response, () => {
      begun.push(request.url ?? '');
      onBegun();
      response.end(answer);
    });
  });
  connections.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => {
    connections.destroy();
    server.close();
  });
  return { begun, port: (server.address() as AddressInfo).port };
}

function pipeline(port: number) {
  const socket = connect(port, '127.0.0.1').pause();
  later(() => socket.destroy());
  for (let i = 0; i < REQUESTS; i += 1) socket.write(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return socket;
}

const ALL = Array.from({ length: REQUESTS }, (_, i) => `/${i}`);

it('requests that are sent at once by a client that reads nothing begin one after the other', async () => {
  const { begun, port } = await listen(LARGE);
  const socket = pipeline(port);
  await eventually(() => {
    expect(begun.length).toBeGreaterThan(0);
  });
  await wait(500);
  expect(begun.length).toBeLessThan(REQUESTS / 2);
  let read = 0;
  socket.on('data', (part: Buffer) => (read += part.length)).resume();
  await eventually(() => {
    expect(read).toBeGreaterThan(REQUESTS * LARGE.length);
  });
  expect(begun).toEqual(ALL);
});

it('requests that are sent at once are all answered, in their order', async () => {
  const { begun, port } = await listen('done');
  const socket = pipeline(port);
  let text = '';
  socket
    .setEncoding('latin1')
    .on('data', (part: string) => (text += part))
    .resume();
  await eventually(() => {
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(REQUESTS);
  });
  expect(begun).toEqual(ALL);
});

it('what a client has sent that has left does not begin', async () => {
  const { begun, port } = await listen(LARGE);
  const socket = pipeline(port);
  await eventually(() => {
    expect(begun.length).toBeGreaterThan(0);
  });
  await wait(200);
  socket.destroy();
  const { length } = begun;
  await wait(200);
  expect(begun).toHaveLength(length);
});

it('a client that does not take its answer in time is left, one that takes it slowly is not', async () => {
  const { port } = await listen(LARGE, new Connections(600));
  const sleeping = pipeline(port);
  const reading = pipeline(port);
  let read = 0;
  reading.on('data', (part: Buffer) => (read += part.length)).resume();
  const gone = new Promise((resolve) => sleeping.once('close', resolve));
  await eventually(() => {
    expect(read).toBeGreaterThan(REQUESTS * LARGE.length);
  });
  await wait(800);
  // What the system holds of the answers still comes, and then the end: not all of them.
  let taken = 0;
  sleeping.on('error', () => undefined);
  sleeping.on('data', (part: Buffer) => (taken += part.length)).resume();
  await gone;
  expect(taken).toBeLessThan(REQUESTS * LARGE.length);
  expect(reading.destroyed).toBe(false);
});

it('between two requests that are sent at once others have their turn', async () => {
  const { begun, port } = await listen('done', new Connections(), () => {
    setImmediate(() => begun.push('another'));
  });
  pipeline(port).resume();
  await eventually(() => {
    expect(begun.filter((each) => each !== 'another')).toEqual(ALL);
  });
  expect(begun.indexOf('another')).toBeLessThan(REQUESTS - 1);
});

it('a client that sends more ahead than may wait is left', async () => {
  const { begun, port } = await listen(LARGE);
  const socket = connect(port, '127.0.0.1').pause();
  later(() => socket.destroy());
  socket.on('error', () => undefined);
  const closed = once(socket.resume(), 'close');
  socket.write('GET /0 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000));
  await closed;
  expect(begun.length).toBeLessThan(200);
});

it('as many requests wait on a socket as may, and one more ends it', async () => {
  const connections = new Connections();
  const { begun, port } = await listen('done', connections, () => undefined);
  const most = (requests: number) => {
    const socket = connect(port, '127.0.0.1');
    later(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(requests));
    return socket.on('error', () => undefined).resume();
  };
  most(101);
  await eventually(() => {
    expect(begun).toHaveLength(101);
  });
  await once(most(102), 'close');
  expect(begun.length).toBeLessThan(2 * 101);
});

it('of those who have connected at the last moment not the first alone is answered', async () => {
  const connections = new Connections();
  const { port } = await listen('done', connections);
  const clients = Array.from({ length: 20 }, async () => {
    const socket = connect(port, '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    let text = '';
    try {
      for await (const part of socket) text += String(part);
    } catch {
      // A reset.
    }
    return text.startsWith('HTTP/1.1 200');
  });
  // The process looks at nothing while the system takes them.
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
  const until = performance.now() + 50;
  while (performance.now() < until);
  await connections.acceptWaiting();
  connections.stopListening();
  const answered = (await Promise.all(clients)).filter((isAnswered) => isAnswered);
  // All of them, where the machine has nothing else to do.
  expect(answered.length).toBeGreaterThan(4);
});
