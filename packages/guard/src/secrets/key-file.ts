import { unquoted, withoutCarriageReturn } from '../given-text.js';
import { ReasonError } from '../reasons.js';
import type { ReadFile } from '../read-environment.js';
import type { ProcessEnvironment } from '../read-given.js';
import { parseSecretKeys, type SecretKeys } from './secret-keys.js';

/** Names the file with the keys of encrypted values. */
export const KEY_FILE_VARIABLE = 'HOLDFAST_SECRET_KEY_FILE';

/** The path of the key file, if one is given. */
export function keyFileIn(environment: ProcessEnvironment): string | undefined {
  const path = unquoted(withoutCarriageReturn(environment[KEY_FILE_VARIABLE] ?? '')).text.trim();
  return path === '' ? undefined : path;
}

/** The path of the key file of a process, if one is given. */
export function keyFileOf({ env }: NodeJS.Process): string | undefined {
  return keyFileIn(env);
}

/** @throws SECRET_FILE_UNREADABLE, SECRET_KEY_FILE_EXPOSED, SECRET_KEY_FILE_INVALID */
export function readSecretKeys(path: string, readFile: ReadFile): SecretKeys {
  if (readFile.exposureOf?.(path) === 'others')
    throw new ReasonError('SECRET_KEY_FILE_EXPOSED', EXPOSED);
  let text: string;
  try {
    text = readFile(path);
  } catch (cause) {
    throw new ReasonError('SECRET_FILE_UNREADABLE', { detail: UNREADABLE, cause });
  }
  return parseSecretKeys(text);
}

const EXPOSED = { detail: 'names a file that every user of the machine can read' };
const UNREADABLE = 'names a file that cannot be read';
