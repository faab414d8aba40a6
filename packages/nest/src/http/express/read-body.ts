import type { IncomingMessage } from 'node:http';
import { ReasonError } from '../../reasons.js';
import { BODY_LIMIT_BYTES } from '../json-body.js';

/** @throws BODY_TOO_LARGE, as soon as that is known; what Node says of a client that hangs up */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) {
    throw new ReasonError('BODY_TOO_LARGE');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_LIMIT_BYTES) {
        chunks.length = 0;
        reject(new ReasonError('BODY_TOO_LARGE'));
      } else chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.once('error', reject);
  });
}
