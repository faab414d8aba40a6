import { table } from '@holdfast/core/table';
import type { Report } from '@holdfast/guard/command/report';
import { readOperators } from '@holdfast/guard/credentials/edit-credentials';
import { userFile } from './user-file.js';

/** `holdfast user list` */
export function listUsers(file: string | undefined): Report {
  const path = userFile(file);
  const users = readOperators(path).map(({ name, scopes, changed_at }) => ({
    ...{ name, scopes, changed_at },
  }));
  const rows = users.map(({ name, scopes, changed_at }) => [name, scopes.join(' '), changed_at]);
  const text = table([['NAME', 'SCOPES', 'CHANGED'], ...rows]);
  return { text, document: { file: path, users } };
}
