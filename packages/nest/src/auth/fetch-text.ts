import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getEncrypted } from 'node:https';

const TIMEOUT_MS = 5000;
const MOST_BYTES = 256 * 1024;

/**
 * What an address answers, with nothing but a 200: it is not followed elsewhere. Not by `fetch`, which takes
 * 30 ms and 10 MB to load.
 * @throws for any other answer, one of more than 256 KiB, and one that takes more than 5 seconds
 */
export async function fetchText(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const get = url.startsWith('https:') ? getEncrypted : getPlain;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { accept: 'application/json' };
    get(url, { signal, headers, agent: false }, resolve).on('error', reject);
  });
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
