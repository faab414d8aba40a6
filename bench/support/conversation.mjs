import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const END_OF_HEADERS = '\r\n\r\n';
const LENGTH = '\r\ncontent-length: ';
/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = 9;
const NO_ANSWER_MS = 10_000;
const NOTHING = Buffer.alloc(0);

/**
 * Asks on one connection, again as soon as it is answered. Of an answer it finds out the status and the length
 * by native searches, and nothing else: a client that parses each header in JavaScript costs more than a server
 * that answers with a constant, and what is compared then is how many headers servers send.
 * @param {URL} url
 * @param {() => string | undefined} next the request as it is sent; undefined: none any more
 * @param {(status: number, milliseconds: number) => void} onAnswer
 * @returns {Promise<boolean>} whether the last request that was sent has been answered
 */
export function converse(url, next, onAnswer) {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let [head, status, missing, askedAt] = [NOTHING, 0, 0, 0];
    let isAnswered = false;
    const ask = () => {
      const request = next();
      isAnswered = request === undefined;
      askedAt = performance.now();
      if (isAnswered) socket.end();
      else socket.write(request);
    };
    const begin = (chunk) => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf(END_OF_HEADERS);
      if (end < 0) return false;
      status = Number(head.latin1Slice(STATUS_AT, STATUS_AT + 3));
      const length = status === NOT_MODIFIED ? 0 : lengthOf(head);
      missing = end + END_OF_HEADERS.length + length - head.length;
      head = NOTHING;
      return true;
    };
    socket.on('data', (chunk) => {
      if (missing > 0) missing -= chunk.length;
      else if (!begin(chunk)) return;
      if (missing > 0) return;
      onAnswer(status, performance.now() - askedAt);
      ask();
    });
    socket.setTimeout(NO_ANSWER_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(isAnswered));
    socket.on('connect', ask);
  });
}

/** Its answer ends with its headers, whatever they say. */
const NOT_MODIFIED = 304;

/** @param {Buffer} head of an answer that says how long it is */
function lengthOf(head) {
  const at = head.indexOf(LENGTH);
  if (at < 0) throw new Error('an answer without content-length');
  return Number.parseInt(head.latin1Slice(at + LENGTH.length, at + LENGTH.length + 12), 10);
}
