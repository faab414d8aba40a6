import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { JPEG_HEAD } from './photo.js';

const BOUNDARY = 'holdfast-test-boundary';
const PIECE = Buffer.alloc(1024 * 1024, 7);

interface Streamed {
  readonly url: string;
  readonly password: string;
  readonly bytes: number;
  /** Milliseconds between two pieces; none by default. */
  readonly pauseMs?: number;
  readonly pieceBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another one than the machine's own choice. */
  readonly localAddress?: string;
}

function partOf(name: string, more: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
}

/** A photo that is made while it is sent, with all that surrounds it. */
export function beginPhoto({ url, password, bytes, headers = {}, localAddress }: Streamed): {
  readonly sending: ClientRequest;
  readonly end: string;
  readonly head: Buffer;
} {
  const first = `${partOf('password', '')}${password}\r\n${partOf('file', '; filename="a.jpg"')}`;
  const end = `\r\n--${BOUNDARY}--\r\n`;
  const sending = request(url, {
    method: 'POST',
    ...(localAddress !== undefined && { localAddress }),
    headers: {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': String(first.length + bytes + end.length),
      ...headers,
    },
  });
  return { sending, end, head: Buffer.concat([Buffer.from(first), JPEG_HEAD]) };
}

/** Sends a photo that nobody has in memory, and reads its answer without keeping it. */
export async function streamPhoto(
  streamed: Streamed,
): Promise<{ readonly status: number; readonly bytes: number }> {
  const { sending, end, head } = beginPhoto(streamed);
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(head);
  const piece = PIECE.subarray(0, streamed.pieceBytes ?? PIECE.length);
  for (let left = streamed.bytes - JPEG_HEAD.length; left > 0; left -= piece.length) {
    if (!sending.write(piece.subarray(0, left))) await once(sending, 'drain');
    if (streamed.pauseMs) await wait(streamed.pauseMs);
  }
  sending.end(end);
  const [answer] = await answered;
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) bytes += chunk.length;
  return { status: answer.statusCode ?? 0, bytes };
}

/** Bytes that a process has in memory now. */
export function residentBytes(pid: number | undefined): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
