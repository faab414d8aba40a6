import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Shell {
  /** What pg_dump does before it is one. */
  readonly beforeDump?: string;
  /** What pg_restore does when it is done. */
  readonly afterRestore?: string;
}

/**
 * Programs of PostgreSQL's that do something more.
 * @param folder that they are put into
 * @returns the variables by which they are taken
 */
export function toolsThat(
  folder: string,
  { beforeDump = ':', afterRestore = ':' }: Shell,
): { readonly BACKUP_PG_BIN: string } {
  const put = (name: string, script: (real: string) => string) => {
    const real = execFileSync('which', [name], { encoding: 'utf8' }).trim();
    writeFileSync(join(folder, name), `#!/bin/sh\n${script(real)}\n`, { mode: 0o755 });
  };
  put(
    'pg_restore',
    (real) => `${real} "$@" || exit $?\n[ "$1" = --version ] || { ${afterRestore}; }`,
  );
  put('pg_dump', (real) => `[ "$1" = --version ] || { ${beforeDump}; }\nexec ${real} "$@"`);
  return { BACKUP_PG_BIN: folder };
}

/** For a shell, in the database that a program was given as the last of its arguments. */
export const asking = (sql: string): string =>
  `for last; do :; done; psql -qX "$last" -c "${sql.replaceAll(/["$]/g, '\\$&')}" >&2 || exit 9`;
