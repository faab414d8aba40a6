import { randomFillSync } from 'node:crypto';

const UUID_BYTES = 16;
const UUID_LENGTH = 36;
/** How many are written at a time; as long as one of them is known, their 4.5 KiB are in memory. */
const BATCH = 128;
const DIGITS = Buffer.from('0123456789abcdef');

const bytes = Buffer.alloc(BATCH * UUID_BYTES);
const text = Buffer.alloc(BATCH * UUID_LENGTH, '-');
let batch = '';
let begin = 0;

/**
 * What `crypto.randomUUID()` makes, as one text: Node's is twenty, which are joined when an answer with it is written,
 * and that takes longer than to make it.
 */
export function randomUuid(): string {
  if (begin === batch.length) {
    batch = newBatch();
    begin = 0;
  }
  const end = begin + UUID_LENGTH;
  const uuid = batch.slice(begin, end);
  begin = end;
  return uuid;
}

function newBatch(): string {
  randomFillSync(bytes);
  let at = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const place = index % UUID_BYTES;
    if (place === 4 || place === 6 || place === 8 || place === 10) at += 1;
    const byte = markedAsVersion4(bytes[index] ?? 0, place);
    text[at] = DIGITS[byte >> 4] ?? 0;
    text[at + 1] = DIGITS[byte & 0x0f] ?? 0;
    at += 2;
  }
  return text.toString('latin1');
}

/** RFC 9562: the version in the seventh byte, the variant in the ninth. */
function markedAsVersion4(byte: number, place: number): number {
  if (place === 6) return (byte & 0x0f) | 0x40;
  return place === 8 ? (byte & 0x3f) | 0x80 : byte;
}
