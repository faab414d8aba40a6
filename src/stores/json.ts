import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { ReasonError } from '../reasons.js';

/** Any JSON value; which numbers and texts it may hold is judged where it is read from the wire. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Largest document in bytes, as JSON in UTF-8 without blanks. */
export const DOCUMENT_LIMIT_BYTES = 1024 * 1024;

/** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. */
export function hashJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a JSON value has a canonical form');
  return createHash('sha256').update(text).digest('hex');
}

/**
 * `hashJson` of what a client wants to have kept.
 * @throws DOCUMENT_TOO_LARGE
 */
export function hashDocument(document: JsonValue): string {
  refuseLargeDocument(document);
  return hashJson(document);
}

/** @throws DOCUMENT_TOO_LARGE */
export function refuseLargeDocument(document: JsonValue): void {
  if (jsonBytes(document) > DOCUMENT_LIMIT_BYTES) throw new ReasonError('DOCUMENT_TOO_LARGE');
}

/** As JSON in UTF-8 without blanks. */
export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}
