import { ReadableStream } from 'node:stream/web';
import type { ByteSum } from '../folder/byte-sum.js';
import type { Recipients } from './recipients.js';

/**
 * The bytes of a file of age's, which `age --decrypt` reads, too; a block of 64 KiB at a time.
 * @param plain takes what is encrypted
 */
export async function* encrypted(
  source: AsyncIterable<Buffer>,
  { encrypter }: Recipients,
  plain: ByteSum,
): AsyncGenerator<Buffer> {
  const stream = await encrypter.encrypt(ReadableStream.from(plain.of(source)));
  for await (const chunk of stream) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
