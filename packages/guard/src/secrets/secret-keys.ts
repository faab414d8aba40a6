import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { ReasonError } from '../reasons.js';

/** AES-256. */
const KEY_BYTES = 32;
/** An id, a colon, and the key in base64, of either alphabet. */
const LINE = /^([A-Za-z0-9._-]{1,32}):([A-Za-z0-9+/_-]{43})=?$/;

/** Keys of encrypted values by their ids, the newest first: values are encrypted with it. */
export type SecretKeys = ReadonlyMap<string, KeyObject>;

/**
 * The keys in the text of a key file: `ID:KEY` a line; blank lines, and those that begin with `#`, say nothing.
 * @throws SECRET_KEY_FILE_INVALID, without any part of a line
 */
export function parseSecretKeys(text: string): SecretKeys {
  const keys = new Map<string, KeyObject>();
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, id, encoded] = LINE.exec(line.trim()) ?? [];
    if (id === undefined || encoded === undefined) throw invalid(`has no key in line ${index + 1}`);
    if (keys.has(id)) throw invalid(`has in line ${index + 1} an id that it has already`);
    keys.set(id, createSecretKey(Buffer.from(encoded, 'base64')));
  }
  if (keys.size === 0) throw invalid('holds no key');
  return keys;
}

/** A line of a key file, with a key that is new. */
export function newSecretKeyLine(id: string): string {
  return `${id}:${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** An id that sorts by the day, and that no other key has. */
export function newSecretKeyId(now: Date): string {
  const day = now.toISOString().slice(0, 'yyyy-mm-dd'.length);
  return `${day}-${randomBytes(2).toString('hex')}`;
}

function invalid(detail: string): ReasonError {
  return new ReasonError('SECRET_KEY_FILE_INVALID', { detail });
}
