import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@holdfast/core/secret';
import { hashJson } from '@holdfast/core/json';

export type Digest = `sha256:${string}`;
export type Signature = `hmac-sha256:${string}`;

/** `sha256:` and the hexadecimal digest of the canonical JSON (RFC 8785) of a value. */
export function digestOf(value: unknown): Digest {
  // Through JSON, so that what is hashed is what a reader of the file has.
  return `sha256:${hashJson(JSON.parse(JSON.stringify(value)))}`;
}

/** `hmac-sha256:` and the HMAC of a digest. */
export function signatureOf(digest: string, key: Secret): Signature {
  return `hmac-sha256:${createHmac('sha256', key.reveal()).update(digest).digest('hex')}`;
}

export function isSignedBy(digest: string, signature: string | null, key: Secret): boolean {
  const expected = Buffer.from(signatureOf(digest, key));
  const given = Buffer.from(signature ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
