import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReasonError } from '../reasons.js';

const OWNER_ALONE = 0o600;
const PERMISSIONS = 0o7777;

/** Makes a file that its owner alone can read. @throws SECRET_FILE_NOT_REPLACED, also for one that is there */
export function createPrivateFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: OWNER_ALONE });
  } catch (cause) {
    throw notReplaced(path, cause);
  }
}

/**
 * Puts a text in the place of a file's at once: who reads it meanwhile has the one or the other, whole. Mode and
 * owner stay, and so does a link that leads to the file.
 * @throws SECRET_FILE_NOT_REPLACED, with the file as it was
 */
export function replaceFile(path: string, text: string): void {
  let aside: string | undefined;
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    aside = join(dirname(real), `.${basename(real)}.${process.pid}`);
    const file = openSync(aside, 'wx', OWNER_ALONE);
    try {
      writeFileSync(file, text);
      // Who may not give a file away does not replace another's.
      if (stats.uid !== process.getuid?.() || stats.gid !== process.getgid?.()) {
        chownSync(aside, stats.uid, stats.gid);
      }
      fchmodSync(file, stats.mode & PERMISSIONS);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, real);
  } catch (cause) {
    if (aside !== undefined && (cause as { code?: unknown }).code !== 'EEXIST')
      rmSync(aside, { force: true });
    throw notReplaced(path, cause);
  }
}

function notReplaced(path: string, cause: unknown): ReasonError {
  const { code } = cause as { code?: unknown };
  const why = typeof code === 'string' ? ` (${code})` : '';
  return new ReasonError('SECRET_FILE_NOT_REPLACED', {
    detail: `${path} is as it was: it cannot be written${why}`,
    cause,
  });
}
