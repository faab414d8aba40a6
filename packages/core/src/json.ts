import { createHash } from 'node:crypto';
import { ReasonError } from './reasons.js';
import { runSync, runYielding, yieldToEventLoop } from './event-loop-yield.js';
import { hashCanonical } from './canonical-json.js';

/** Any JSON value; which numbers and texts it may hold is judged where it is read from the wire. */
export type JsonValue =
  null | boolean | number | string | JsonArray | { readonly [key: string]: JsonValue };

/** Named, so that types which are made from a record's, as TypeORM's are, come to an end. */
interface JsonArray extends ReadonlyArray<JsonValue> {}

/** Largest document in bytes, as JSON in UTF-8 without blanks. */
export const DOCUMENT_LIMIT_BYTES = 1024 * 1024;

/** Characters of a JSON text that are read and written within two milliseconds, whatever they hold. */
const LARGE_LENGTH = 32 * 1024;

/** A document's hash, and its bytes as JSON in UTF-8 without blanks. */
export interface HashedJson {
  readonly hash: string;
  readonly bytes: number;
}

/** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. Of what is small: all of it at once. */
export function hashJson(value: unknown): string {
  return runSync(hashing(value)).hash;
}

/** `hashJson` of what may be large: in pieces, between which others are served. */
export async function hashLargeJson(value: unknown): Promise<string> {
  return (await measureLargeJson(value)).hash;
}

/** `hashLargeJson`, with the bytes. */
export function measureLargeJson(value: unknown): Promise<HashedJson> {
  return runYielding(hashing(value));
}

/**
 * `hashLargeJson` of what a client wants to have kept.
 * @throws DOCUMENT_TOO_LARGE
 */
export async function hashDocument(document: JsonValue): Promise<string> {
  const { hash, bytes } = await measureLargeJson(document);
  if (bytes > DOCUMENT_LIMIT_BYTES) throw new ReasonError('DOCUMENT_TOO_LARGE');
  return hash;
}

/**
 * Reads the text of a stored document. A large one is read in a turn of the event loop of its own, and
 * what follows is done in another: reading and writing cost 10 to 30 ms a mebibyte each.
 */
export async function readStoredJson(text: string): Promise<JsonValue> {
  if (text.length <= LARGE_LENGTH) return JSON.parse(text) as JsonValue;
  await yieldToEventLoop();
  const value = JSON.parse(text) as JsonValue;
  await yieldToEventLoop();
  return value;
}

/** Writes a value as JSON. After a large one, what follows is done in another turn of the event loop. */
export async function writeJson(value: unknown): Promise<string> {
  const text = JSON.stringify(value);
  if (text.length > LARGE_LENGTH) await yieldToEventLoop();
  return text;
}

/** As JSON in UTF-8 without blanks. */
export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function* hashing(value: unknown): Generator<void, HashedJson, void> {
  const hash = createHash('sha256');
  const bytes = yield* hashCanonical(value, hash);
  return { hash: hash.digest('hex'), bytes };
}
