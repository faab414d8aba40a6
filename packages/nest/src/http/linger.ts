import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long what a client still sends is read after the last answer, before the socket goes: a reset would
 * take the answer away from a client that has not read it.
 */
const LINGER_MS = 30_000;

/**
 * From now on the socket ends as a client can bear it: the last answer is followed by the end of the
 * stream, and what still comes in is thrown away until the client has ended too.
 */
export function lingerAtEnd(socket: Socket, isReceiving: () => boolean): void {
  const destroySoon = socket.destroySoon.bind(socket);
  // How Node's HTTP server ends a socket after an answer that says `Connection: close`.
  socket.destroySoon = () => {
    if (isReceiving()) linger(socket);
    else destroySoon();
  };
}

/** Ends the socket after what has been written, and reads on for a while. */
export function linger(socket: Socket, last?: string): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.once('end', () => {
    socket.destroySoon();
  });
  socket.resume();
  if (last === undefined) socket.end();
  else socket.end(last);
}

/**
 * When a client that has ended its side is looked for at first: what is answered sooner is answered without. It takes
 * two looks to see that it is gone, since what was sent to it comes back as a reset, which the next one meets.
 */
const FIRST_LOOK_MS = 20;
/** Between two looks at most; each comes after twice the time of the one before. */
const MOST_LOOK_MS = 250;

/**
 * A client that ends its side after its request still gets its answer. One that is gone altogether looks
 * the same until something is sent to it: an interim answer, which clients ignore.
 */
export function lookForHalfClosed(
  socket: Socket,
  unanswered: () => Iterable<ServerResponse>,
): void {
  socket.once('end', () => {
    let timer: NodeJS.Timeout | undefined;
    const lookAfter = (milliseconds: number) => {
      timer = setTimeout(() => {
        look(unanswered());
        if (!socket.destroyed) lookAfter(Math.min(2 * milliseconds, MOST_LOOK_MS));
      }, milliseconds).unref();
    };
    lookAfter(FIRST_LOOK_MS);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  });
}

function look(unanswered: Iterable<ServerResponse>): void {
  const [first] = unanswered;
  if (first && !first.headersSent && first.req.httpVersion === '1.1') first.writeProcessing();
}
