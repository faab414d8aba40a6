import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatCredentials,
  type Operator,
  parseCredentials,
} from '@holdfast/guard/credentials/credentials';
import { hashPassword } from '@holdfast/nest/login/password';

export const PASSWORD = 'correct horse battery staple';

/** Hashed in a few milliseconds; a log-in that succeeds replaces it by one that costs as much as usual. */
const CHEAP = { ln: 10, r: 8, p: 1 };

/** A file of operators, all with the same password. */
export async function operatorsFile(
  folder: string,
  names: readonly string[],
  scopes: readonly string[] = ['ops:read'],
): Promise<string> {
  const file = join(folder, 'operators.json');
  const users = names.map(async (name): Promise<Operator> => {
    const password = await hashPassword(PASSWORD, CHEAP);
    return { name, id: `id-of-${name}`, password, scopes, changed_at: '2026-11-29T12:00:00.000Z' };
  });
  writeFileSync(file, formatCredentials(await Promise.all(users)), { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

export function operatorsIn(file: string): readonly Operator[] {
  return parseCredentials(readFileSync(file, 'utf8'));
}

/** As `holdfast user` does: at once. */
export function replaceOperators(file: string, users: readonly Operator[]): void {
  writeFileSync(`${file}.new`, formatCredentials(users), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
