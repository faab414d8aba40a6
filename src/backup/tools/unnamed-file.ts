import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A file that has no name any more before anything is in it: a program that is started with its descriptor can
 * read it, nobody else can, and nothing is left of it, however both end.
 * @returns the descriptor
 */
export function unnamedFile(text: string): number {
  const path = join(tmpdir(), `holdfast-${randomBytes(9).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  try {
    rmSync(path);
    // The position stays at the beginning, which the program may share.
    writeSync(descriptor, text, 0);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
