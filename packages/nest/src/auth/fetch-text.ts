import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getEncrypted } from 'node:https';
import type { Span } from '@opentelemetry/api';
import { tracedRequest } from './traced-request.js';

const TIMEOUT_MS = 5000;
const MOST_BYTES = 256 * 1024;

/**
 * What an address answers, with nothing but a 200: it is not followed elsewhere. Not by `fetch`, which takes
 * 30 ms and 10 MB to load.
 * @throws for any other answer, one of more than 256 KiB, and one that takes more than 5 seconds
 */
export function fetchText(url: string): Promise<string> {
  return tracedRequest(url, (headers, span) => fetchBounded(url, headers, span));
}

async function fetchBounded(
  url: string,
  traceHeaders: Readonly<Record<string, string>>,
  span: Span | undefined,
): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const get = url.startsWith('https:') ? getEncrypted : getPlain;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { accept: 'application/json', ...traceHeaders };
    get(url, { signal, headers, agent: false }, resolve).on('error', reject);
  });
  span?.setAttribute('http.response.status_code', answer.statusCode ?? 0);
  try {
    if (answer.statusCode !== 200) throw new RangeError(`it answers ${answer.statusCode}`);
    return await readBounded(answer);
  } finally {
    answer.destroy();
  }
}

async function readBounded(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes > MOST_BYTES) throw new RangeError('it answers more than 256 KiB');
  }
  return Buffer.concat(parts).toString('utf8');
}
