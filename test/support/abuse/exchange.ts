import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** For a busy machine; not answered at all is a fault. */
const ANSWER_MS = 20_000;

export interface RawAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What is sent on one connection: all of it at once, or a byte at a time. */
export interface Sent {
  readonly bytes: string | Buffer;
  /** Milliseconds between two bytes. */
  readonly pauseMs?: number;
  /** How long the end of the connection is waited for. */
  readonly withinMs?: number;
}

/** Sends bytes as they are and reads to the end of the connection: every answer that was given. */
export async function exchange(url: string, { bytes, pauseMs = 0, withinMs = ANSWER_MS }: Sent) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  // A reset comes after the answer, where the service reads no more.
  socket.on('error', () => undefined);
  const over = once(socket, 'close');
  socket.once('end', () => socket.end());
  await once(socket, 'connect');
  const whole = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  if (pauseMs === 0) socket.write(whole);
  else void trickle(socket, whole, pauseMs);
  const timer = new AbortController();
  const late = wait(withinMs, 'late', { signal: timer.signal }).catch(() => 'over');
  const ended = await Promise.race([over.catch(() => undefined), late]);
  timer.abort();
  socket.destroy();
  return { answers: answersIn(Buffer.concat(parts)), isOver: ended !== 'late' };
}

async function trickle(socket: ReturnType<typeof connect>, bytes: Buffer, pauseMs: number) {
  for (const byte of bytes) {
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(Buffer.of(byte));
    await wait(pauseMs);
  }
}

/** By the lengths that they name; interim answers are left out. */
function answersIn(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...fields] = rest
      .toString('latin1', 0, end < 0 ? undefined : end)
      .split('\r\n');
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const length = Number(headers.get('content-length') ?? 0);
    const from = end < 0 ? rest.length : end + 4;
    if (!(status < 200)) {
      answers.push({ status, headers, body: rest.toString('utf8', from, from + length) });
    }
    rest = rest.subarray(from + length);
  }
  return answers;
}
