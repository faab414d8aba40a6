import { createHash } from 'node:crypto';
import { ReasonError } from '../reasons.js';
import { atOnce, inTurns } from '../turns.js';
import { hashCanonical } from './canonical-json.js';

/** Any JSON value; which numbers and texts it may hold is judged where it is read from the wire. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Largest document in bytes, as JSON in UTF-8 without blanks. */
export const DOCUMENT_LIMIT_BYTES = 1024 * 1024;

/** A document's hash, and its bytes as JSON in UTF-8 without blanks. */
export interface HashedJson {
  readonly hash: string;
  readonly bytes: number;
}

/** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. Of what is small: all of it at once. */
export function hashJson(value: unknown): string {
  return atOnce(hashing(value)).hash;
}

/** `hashJson` of what may be large: in pieces, between which others are served. */
export async function hashLargeJson(value: unknown): Promise<string> {
  return (await measureLargeJson(value)).hash;
}

/** `hashLargeJson`, with the bytes. */
export function measureLargeJson(value: unknown): Promise<HashedJson> {
  return inTurns(hashing(value));
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

/** @throws DOCUMENT_TOO_LARGE */
export function refuseLargeDocument(document: JsonValue): void {
  if (jsonBytes(document) > DOCUMENT_LIMIT_BYTES) throw new ReasonError('DOCUMENT_TOO_LARGE');
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
