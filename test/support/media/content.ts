import { createHash } from 'node:crypto';

/** Bytes that are the same each time, and whose every part is another one. */
export function* pattern(bytes: number, chunkBytes = 64 * 1024): Generator<Buffer> {
  for (let at = 0; at < bytes; at += chunkBytes) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, bytes - at));
    for (let i = 0; i + 4 <= chunk.length; i += 4) chunk.writeUInt32LE((at + i) >>> 0, i);
    yield chunk;
  }
}

export function whole(bytes: number): Buffer {
  return Buffer.concat([...pattern(bytes)]);
}

/** As a request brings it: in time, in parts. */
export async function* incoming(bytes: number, chunkBytes?: number): AsyncGenerator<Buffer> {
  for (const chunk of pattern(bytes, chunkBytes)) {
    await Promise.resolve();
    yield chunk;
  }
}

/** Many bytes, of which none is made: what memory grows by is not the test's. */
export async function* repeated(bytes: number): AsyncGenerator<Buffer> {
  const chunk = whole(64 * 1024);
  for (let at = 0; at < bytes; at += chunk.length) {
    await Promise.resolve();
    yield chunk.subarray(0, bytes - at);
  }
}

/** Some of it, and then nothing more, for ever. */
export async function* stalling(bytes: number): AsyncGenerator<Buffer> {
  yield* incoming(bytes);
  await new Promise(() => undefined);
}

export async function sha256Of(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}
