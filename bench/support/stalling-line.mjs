import { connect, createServer } from 'node:net';
import { atEnd } from './bench.mjs';

/**
 * A line to a server that can freeze: connections stay open, and nothing goes through any more.
 * @param {string} url of the server
 * @returns {Promise<{ url: string, freeze: () => void, thaw: () => void }>}
 */
export async function stallingLine(url) {
  const target = new URL(url);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  let isFrozen = false;
  const listener = createServer((client) => {
    const server = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isFrozen) from.pause();
    }
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  atEnd(() => {
    listener.close();
    sockets.forEach((socket) => socket.destroy());
  });
  const address = listener.address();
  const line = new URL(url);
  line.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url: line.href,
    freeze: () => {
      isFrozen = true;
      sockets.forEach((socket) => socket.pause());
    },
    thaw: () => {
      isFrozen = false;
      sockets.forEach((socket) => socket.resume());
    },
  };
}
