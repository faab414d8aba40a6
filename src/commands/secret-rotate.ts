import { readFile } from '@holdfast/guard/configure';
import type { Report } from '@holdfast/guard/command/report';
import { reencryptWithin } from '@holdfast/guard/secrets/encrypted-value';
import { replaceFile } from '@holdfast/guard/secrets/replace-file';
import type { SecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { ReasonError } from '../reasons.js';
import { secretKeys } from './secret-keys.js';

/** `holdfast secret rotate`: nothing is written unless every value of every file can be opened. */
export function rotate(
  files: readonly string[],
  keyFile: string | undefined,
  dryRun: boolean,
): Report {
  const keys = secretKeys(keyFile);
  const [keyId] = keys.keys();
  const rotations = files.map((file) => rotationOf(file, keys));
  for (const { file, text, rotated } of rotations) {
    if (rotated > 0 && !dryRun) replaceFile(file, text);
  }
  const counted = rotations.map(({ file, rotated, current }) => ({ file, rotated, current }));
  const lines = counted.map(
    ({ file, rotated, current }) =>
      `${file}: ${rotated} encrypted with ${keyId}${dryRun ? ' if it were no dry run' : ''}, ${current} with it before\n`,
  );
  return { text: lines.join(''), document: { key_id: keyId, dry_run: dryRun, files: counted } };
}

function rotationOf(file: string, keys: SecretKeys) {
  try {
    return { file, ...reencryptWithin(textOf(file), keys) };
  } catch (error) {
    if (!(error instanceof ReasonError)) throw error;
    const { code, message } = error;
    throw new ReasonError(code, { detail: `${file} ${message}; nothing has been written` });
  }
}

/** @throws SECRET_FILE_UNREADABLE */
function textOf(file: string): string {
  try {
    return readFile(file);
  } catch (cause) {
    throw new ReasonError('SECRET_FILE_UNREADABLE', { detail: 'cannot be read', cause });
  }
}
