import { existsSync } from 'node:fs';
import { readFile } from '@holdfast/guard/configure';
import type { Report } from '@holdfast/guard/command/report';
import { readSecretKeys } from '@holdfast/guard/secrets/key-file';
import { createPrivateFile, replaceFile } from '@holdfast/guard/secrets/replace-file';
import { newSecretKeyId, newSecretKeyLine } from '@holdfast/guard/secrets/secret-keys';
import { ReasonError } from '../reasons.js';

interface Choice {
  readonly file?: string;
  readonly id?: string;
}

/** `holdfast secret generate-key` */
export function generateKey({ file, id = newSecretKeyId(new Date()) }: Choice): Report {
  if (!/^[A-Za-z0-9._-]{1,32}$/.test(id)) {
    throw new ReasonError('USAGE', {
      detail: 'an id has 1 to 32 letters, digits, dots, hyphens and underscores',
    });
  }
  const line = newSecretKeyLine(id);
  if (file === undefined) return { text: `${line}\n`, document: { id, line } };
  putFirst(file, line, id);
  return { text: `${file}: ${id} is the newest key\n`, document: { id, file } };
}

/** @throws USAGE for an id that the file has; the codes of a key file and of its replacement */
function putFirst(file: string, line: string, id: string): void {
  if (!existsSync(file)) {
    createPrivateFile(file, `${line}\n`);
    return;
  }
  if (readSecretKeys(file, readFile).has(id)) {
    throw new ReasonError('USAGE', { detail: `${file} has a key ${id} already` });
  }
  replaceFile(file, `${line}\n${readFile(file)}`);
}
