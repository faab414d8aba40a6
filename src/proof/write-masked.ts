import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from './proof.reasons.js';
import type { Masked } from './masked.js';

/** @throws PROOF_NOT_WRITTEN, before the gates have taken their time */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch(notWritten(folder));
}

/**
 * Writes a file that is there as a whole or not at all. Takes nothing but what is masked.
 * @throws PROOF_NOT_WRITTEN
 */
export async function writeMasked(
  folder: string,
  name: 'proof.md' | 'proof.json',
  text: Masked,
): Promise<string> {
  const file = join(folder, name);
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, `${String(text)}\n`).catch(notWritten(file));
  await rename(unfinished, file).catch(notWritten(file));
  return file;
}

function notWritten(path: string) {
  return (cause: NodeJS.ErrnoException): never => {
    throw new ReasonError('PROOF_NOT_WRITTEN', { detail: `${path}: ${cause.code}`, cause });
  };
}
