import { rememberSecrets } from './renewed-password.js';
import { Secret } from '@holdfast/core/secret';
import { credentialsIn } from './secret-texts.js';
import { readSecretFile, type SecretFile } from './secrets/secret-file.js';

const files = new WeakMap<Secret, SecretFile>();
/** The last that was read of each URL that is in a file. */
const latest = new WeakMap<Secret, Secret>();

/** A URL of Redis that is read again from the file it came from, if it came from one. */
export function redisUrlOf(text: string, file: SecretFile | undefined): Secret {
  const url = new Secret(text);
  if (file !== undefined) files.set(url, file);
  return url;
}

/**
 * The URL for a login now: one from a file is read again, so that its password can be changed without
 * a restart. Where the file cannot be read, or names another server, database or user, the last one
 * goes on.
 */
export async function currentRedisUrl(given: Secret): Promise<Secret> {
  const known = latest.get(given) ?? given;
  const file = files.get(given);
  if (file === undefined) return known;
  const text = await readSecretFile(file).then(
    (read) => read.trim(),
    () => '',
  );
  if (text === known.reveal().trim() || !isSamePlace(text, given.reveal())) return known;
  const renewed = new Secret(text);
  rememberSecrets(credentialsIn(text).map((part) => new Secret(part)));
  latest.set(given, renewed);
  return renewed;
}

function isSamePlace(one: string, other: string): boolean {
  return URL.canParse(one) && placeOf(one) === placeOf(other);
}

function placeOf(url: string): string {
  const { protocol, username, host, pathname } = new URL(url);
  return JSON.stringify([protocol, username, host, pathname]);
}
