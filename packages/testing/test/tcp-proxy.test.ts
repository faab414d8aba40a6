import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';

let server: Server;
let proxy: TcpProxy;
let client: Socket;
let heard = '';

/** Sends, and waits for the echo. */
async function echo(text: string): Promise<string> {
  heard = '';
  client.write(text);
  while (heard.length < text.length) await once(client, 'data');
  return heard;
}

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startProxy({ port: (server.address() as AddressInfo).port });
  client = connect(proxy.port, '127.0.0.1');
  client.on('error', () => undefined);
  client.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('a TCP line', () => {
  it('passes on, and counts', async () => {
    expect(await echo('hello')).toBe('hello');
    expect([proxy.accepted(), proxy.open(), proxy.roundTrips()]).toEqual([1, 1, 1]);
  });

  it('holds back while it is stalled, and passes on afterwards', async () => {
    await echo('before');
    proxy.stall();
    heard = '';
    client.write('held');
    const second = connect(proxy.port, '127.0.0.1');
    // The first connection's bytes are with the proxy when the second has been accepted.
    while (proxy.accepted() < 2) await new Promise((resolve) => setImmediate(resolve));
    second.destroy();
    expect(heard).toBe('');
    proxy.resume();
    while (heard.length < 4) await once(client, 'data');
    expect(heard).toBe('held');
  });

  it('closes what is open and what comes while it is cut, until it is mended', async () => {
    const closed = once(client, 'close');
    proxy.cut();
    await closed;
    const refused = connect(proxy.port, '127.0.0.1');
    refused.on('error', () => undefined);
    await once(refused, 'close');
    proxy.mend();
    client = connect(proxy.port, '127.0.0.1');
    client.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    expect(await echo('again')).toBe('again');
  });

  it('changes a text of the server, and acts when a client sends one', async () => {
    proxy.rewrite('left', 'LEFT');
    let acted = 0;
    proxy.when('left', () => (acted += 1));
    expect(await echo('left')).toBe('LEFT');
    expect(acted).toBe(1);
  });

  it('stands in a connection string', () => {
    const url = through(proxy, 'postgresql://app:word@db.internal:5432/app?sslmode=disable');
    expect(url).toBe(`postgresql://app:word@127.0.0.1:${proxy.port}/app?sslmode=disable`);
  });
});
