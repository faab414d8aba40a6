import { allVariables } from '@holdfast/guard/environment';
import { encryptValue, isEncrypted } from '@holdfast/guard/secrets/encrypted-value';
import type { Report } from '@holdfast/guard/command/report';
import { ReasonError } from '../reasons.js';
import { service } from '../service.js';
import { secretKeys } from './secret-keys.js';

/** As much as the file of a secret may hold. */
const MOST_BYTES = 65_536;

/** `holdfast secret encrypt`: the value never stands in a command line, which others can see. */
export async function encrypt(given: string | undefined, keyFile?: string): Promise<Report> {
  const variable = given === undefined ? undefined : secretNamed(given);
  const keys = secretKeys(keyFile);
  const value = encryptValue(await valueOnStdin(), keys, variable);
  return { text: `${value}\n`, document: { value, variable: variable ?? null } };
}

/** The name by which a variable is declared. @throws USAGE for one that is no secret */
function secretNamed(given: string): string {
  const found = [...allVariables(service)].find(
    ([name, { aliases, fromFile }]) => fromFile && [name, ...aliases].includes(given),
  );
  if (found) return found[0];
  throw new ReasonError('USAGE', { detail: `${JSON.stringify(given)} is no variable of a secret` });
}

/** @throws USAGE */
async function valueOnStdin(): Promise<string> {
  const refuse = (detail: string): never => {
    throw new ReasonError('USAGE', { detail });
  };
  // What is typed would be seen.
  if (process.stdin.isTTY) refuse('the value is read from stdin: give it by a pipe or a file');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > MOST_BYTES) refuse('the value is longer than 64 KiB');
  }
  const value = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (value.trim() === '') refuse('there is no value on stdin');
  if (isEncrypted(value))
    refuse('the value is encrypted already; `holdfast secret rotate` changes its key');
  return value;
}
