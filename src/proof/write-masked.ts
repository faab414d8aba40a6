import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '../reasons.js';
import type { Masked } from './masked.js';

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
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(unfinished, `${String(text)}\n`);
    await rename(unfinished, file);
  } catch (error) {
    const { code = 'unknown error' } = error as { readonly code?: string };
    throw new ReasonError('PROOF_NOT_WRITTEN', {
      detail: `${name} in --out: ${code}`,
      cause: error,
    });
  }
  return file;
}
