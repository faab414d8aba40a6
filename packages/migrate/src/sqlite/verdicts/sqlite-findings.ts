import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { reasonFor } from '@holdfast/core/reasons';
import { type Migration, NO_STATEMENT } from '../../migration.js';
import { annotate, asComments } from '../../verdicts/annotate.js';
import { type Finding, findingLines, inOrder } from '../../verdicts/verdict.js';
import type { JudgedMigration } from '../../verdicts/judged-migration.js';
import { refuseEmpty } from '../refuse-empty.js';
import { SqliteJudge } from './sqlite-judge.js';
import { type SqliteStatement, sqliteStatements } from './sqlite-statements.js';

/** A file up to here is judged with its rows: the copy is held in memory, twice for a moment. */
const MAX_COPY_BYTES = 64 * 1024 * 1024;

/** Offsets in the header of a file, which say how it is journalled: a copy in memory has no WAL. */
const JOURNAL_BYTES = [18, 19];
const NO_WAL = 1;

export interface PlannedOnSqlite extends JudgedMigration {
  /** The migration's SQL, and before statements of which something is to be said, that, as comments. */
  readonly annotated: string;
}

/**
 * Judges pending migrations on a copy of the file; the file is read, and nothing is written to it.
 * @throws MIGRATION_INVALID for a file without a statement
 */
export function plannedOnSqlite(
  { path }: SqliteSettings,
  { lockTimeoutMs }: Settings['pool'],
  migrations: readonly Migration[],
): readonly PlannedOnSqlite[] {
  migrations.forEach(refuseEmpty);
  const { copy, hasRows } = existsSync(path)
    ? copyOf(path, lockTimeoutMs)
    : { copy: new Sqlite(':memory:'), hasRows: true };
  try {
    const judge = new SqliteJudge(copy, hasRows);
    return migrations.map((migration) => judged(judge, migration));
  } finally {
    copy.close();
  }
}

/** Judges files alone: what the migrations before one have made is there, and in use. */
export function sqliteFileFindings(migrations: readonly Migration[]): readonly JudgedMigration[] {
  const memory = new Sqlite(':memory:');
  try {
    const judge = new SqliteJudge(memory, false);
    return migrations.map((migration) => {
      const one = judged(judge, migration);
      judge.settle();
      return one.statements.length > 0 ? one : { ...one, statements: [EMPTY] };
    });
  } finally {
    memory.close();
  }
}

const EMPTY: JudgedMigration['statements'][number] = {
  number: 0,
  line: 1,
  sql: '',
  verdicts: [
    {
      verdict: 'WILL FAIL',
      rule: 'invalid',
      text: NO_STATEMENT,
      fix: reasonFor('MIGRATION_INVALID').fix,
    },
  ],
};

function judged(judge: SqliteJudge, migration: Migration): PlannedOnSqlite {
  const statements = sqliteStatements(migration.sql);
  const found = judge.judge(statements);
  return {
    migration,
    statements: statements.map((statement) => documentOf(statement, found.get(statement) ?? [])),
    annotated: annotate(
      migration.sql,
      statements.map((statement) => ({
        offset: statement.offset,
        note: noteOf(statement, inOrder(found.get(statement) ?? [])),
      })),
    ),
  };
}

function documentOf({ number, line, text }: SqliteStatement, findings: readonly Finding[]) {
  return { number, line, sql: text, verdicts: inOrder(findings) };
}

function noteOf({ number }: SqliteStatement, findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  return asComments([`statement ${number}`, ...findings.flatMap(findingLines)]);
}

function copyOf(path: string, timeout: number) {
  const file = new Sqlite(path, { readonly: true, timeout });
  try {
    const bytes = file.prepare(
      'SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size',
    );
    const { n } = bytes.get() as { n: number };
    if (n > MAX_COPY_BYTES) return { copy: schemaOf(file), hasRows: false };
    const image = file.serialize();
    for (const place of JOURNAL_BYTES) if (image.length > place) image[place] = NO_WAL;
    return { copy: image.length > 0 ? new Sqlite(image) : new Sqlite(':memory:'), hasRows: true };
  } finally {
    file.close();
  }
}

function schemaOf(file: Sqlite.Database): Sqlite.Database {
  const memory = new Sqlite(':memory:');
  const all = file
    .prepare(
      `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY type <> 'table', rowid`,
    )
    .all() as { sql: string }[];
  for (const { sql } of all) memory.exec(sql);
  return memory;
}
