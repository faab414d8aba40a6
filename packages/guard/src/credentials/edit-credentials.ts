import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { jittered } from '@holdfast/core/jitter';
import { readFile } from '../read-file.js';
import { ReasonError } from '../reasons.js';
import { replaceFile } from '../secrets/replace-file.js';
import { formatCredentials, type Operator, parseCredentials } from './credentials.js';

const OWNER_ALONE = 0o600;
/** Whoever holds the lock writes one small file. */
const LONGEST_WAIT_MS = 5000;
const PAUSE_MS = 50;

type Edit = (users: readonly Operator[]) => readonly Operator[];

/**
 * Puts what an edit makes of the operators in the place of the file at once: who reads it meanwhile has the one or
 * the other, whole; of edits at the same time each begins with what the one before has made. A new file can be read
 * by its owner alone; of one that is there, mode and owner stay.
 * @throws CREDENTIALS_FILE_NOT_WRITTEN, with the file as it was; CREDENTIALS_FILE_MALFORMED; what the edit throws
 */
export async function editCredentials(path: string, edit: Edit): Promise<void> {
  const lock = `${path}.lock`;
  await acquire(lock);
  try {
    const isThere = existsSync(path);
    const text = formatCredentials(edit(isThere ? readOperators(path) : []));
    if (isThere) replaceFile(path, text);
    else create(path, text);
  } catch (cause) {
    if (!(cause instanceof ReasonError)) throw notWritten(path, cause);
    if (cause.code !== 'SECRET_FILE_NOT_REPLACED') throw cause;
    throw notWritten(path, cause.cause);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @throws CREDENTIALS_FILE_MISSING, CREDENTIALS_FILE_UNREADABLE, CREDENTIALS_FILE_MALFORMED */
export function readOperators(path: string): readonly Operator[] {
  let text: string;
  try {
    text = readFile(path);
  } catch (cause) {
    const isMissing = (cause as { readonly code?: unknown }).code === 'ENOENT';
    const code = isMissing ? 'CREDENTIALS_FILE_MISSING' : 'CREDENTIALS_FILE_UNREADABLE';
    throw new ReasonError(code, { cause });
  }
  return parseCredentials(text);
}

/** Renamed when it is whole: the door may be reading it. */
function create(path: string, text: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    const file = openSync(aside, 'wx', OWNER_ALONE);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== 'EEXIST') rmSync(aside, { force: true });
    throw cause;
  }
}

async function acquire(lock: string): Promise<void> {
  const until = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx', mode: OWNER_ALONE });
      return;
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code !== 'EEXIST') throw notWritten(lock, cause);
      if (Date.now() >= until) {
        const detail = `${lock} is there: another edit is under way, or one has been killed`;
        throw new ReasonError('CREDENTIALS_FILE_NOT_WRITTEN', { detail, cause });
      }
    }
    await wait(jittered(PAUSE_MS));
  }
}

function notWritten(path: string, cause: unknown): ReasonError {
  const { code } = cause as { readonly code?: unknown };
  const why = typeof code === 'string' ? ` (${code})` : '';
  const detail = `${path} cannot be written${why}`;
  return new ReasonError('CREDENTIALS_FILE_NOT_WRITTEN', { detail, cause });
}
