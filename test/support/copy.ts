import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { CopyReport } from '@holdfast/copy/report';
import { documentOf } from './migrate.js';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, start, type Started } from './program.js';
import type { Ended } from './service.js';

/** Databases of other programs that lie beside the checkout, where there are any. */
export function sampleDatabases(): readonly string[] {
  const folder = resolve('../shared/data');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /\.(db|sqlite)$/.test(file))
    .map((file) => join(folder, file));
}

/** An SQLite file made of SQL. */
export function sqliteFile(folder: string, sql: string, name = 'source.db'): string {
  const path = join(folder, name);
  const database = new Sqlite(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
  return path;
}

/** Relations outside the system's schemas, and the schemas that a copy may have left. */
export async function relationsIn(target: TestDatabase): Promise<readonly string[]> {
  const rows = await target.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname !~ '^(pg_|information_schema)'
      UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^holdfast'
      ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Runs the built `holdfast copy`. */
export function copy(...started: Parameters<typeof copyStarted>): Promise<Ended> {
  return copyStarted(...started).ended;
}

export function copyStarted(
  from: string,
  to: string,
  args: readonly string[] = [],
  environment: Environment = {},
): Started {
  const command = ['copy', '--from', from, '--to', to, ...args];
  return start('cli.js', command, environment, { limitMs: 120_000 });
}

/** @param report that `--report` has written */
export function undoCopy(report: string, to: string): Promise<Ended> {
  return execute('cli.js', ['copy', '--undo', report, '--to', to], {});
}

/** What the copy says about itself. */
export async function copyReport(
  from: string,
  to: string,
  args: readonly string[] = [],
): Promise<CopyReport> {
  return documentOf(await copy(from, to, ['--json', ...args])) as CopyReport;
}

/** Both sides compared by Python and psql, without the code that copied. */
export function compareCopy(path: string, url: string, schema = 'public') {
  const output = execFileSync('python3', ['test/support/compare-copy.py', path, url, schema], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(output) as {
    readonly rows: Readonly<Record<string, number>>;
    readonly differences: readonly string[];
  };
}
