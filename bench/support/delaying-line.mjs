import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers';
import { atEnd } from './bench.mjs';

/** What may be on its way at once, as a window of TCP bounds it: more is not read meanwhile. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/**
 * A line to a server that takes its time, and passes everything on in order.
 * @param {string} url of the server
 * @param {number} milliseconds of a round trip; half of them each way
 * @returns {Promise<{ url: string, roundTrips: () => number }>} the server by way of the line, and how often a client
 * has sent something behind what it had been answered
 */
export async function delayingLine(url, milliseconds) {
  const target = new URL(url);
  let roundTrips = 0;
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const listener = createServer((client) => {
    const server = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      sockets.add(socket);
    }
    let isAnswered = true;
    client.on('data', () => {
      if (isAnswered) roundTrips += 1;
      isAnswered = false;
    });
    passOn(client, server, milliseconds / 2);
    passOn(server, client, milliseconds / 2, () => (isAnswered = true));
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  atEnd(() => {
    listener.close();
    sockets.forEach((socket) => socket.destroy());
  });
  const line = new URL(url);
  line.host = `127.0.0.1:${listener.address().port}`;
  return { url: line.href, roundTrips: () => roundTrips };
}

/**
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 * @param {number} delay in milliseconds
 * @param {() => void} [arrived]
 */
function passOn(from, to, delay, arrived) {
  let underWay = 0;
  from.on('data', (piece) => {
    underWay += piece.length;
    if (underWay > WINDOW_BYTES) from.pause();
    const arrive = () => {
      arrived?.();
      to.write(piece, () => {
        underWay -= piece.length;
        if (underWay <= WINDOW_BYTES) from.resume();
      });
    };
    if (delay > 0) setTimeout(arrive, delay);
    else arrive();
  });
  from.on('end', () => setTimeout(() => to.end(), delay));
  from.on('close', () => setTimeout(() => to.destroy(), delay));
}
