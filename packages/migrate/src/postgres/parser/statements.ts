import type { Node, ParseResult, RawStmt, SqlError } from 'libpg-query';
import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../../migration.js';
import { loadParser } from './parser.js';
import type { NodeType } from './syntax-tree.js';

/** One statement of a migration, as PostgreSQL's own parser sees it. */
export interface Statement {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  /** Where it begins in the migration's text, in UTF-16 units. */
  readonly offset: number;
  /** Without the semicolon, and without the comments around it. */
  readonly text: string;
  readonly type: NodeType;
  /** The syntax tree: one key, the type. */
  readonly node: Node;
}

/** What names a migration, and its text. */
export type MigrationText = Pick<Migration, 'store' | 'version' | 'name' | 'sql'>;

/**
 * The statements of a PostgreSQL migration; none for a file of comments. Loads the parser.
 * @throws MIGRATION_INVALID:<store>:<version> with file, line and what PostgreSQL's parser says
 */
export async function statementsOf(migration: MigrationText): Promise<readonly Statement[]> {
  const { sql } = migration;
  if (sql.trim() === '') return [];
  const { parse, hasSqlDetails } = await loadParser();
  let parsed: ParseResult;
  try {
    parsed = parse(sql);
  } catch (error) {
    throw hasSqlDetails(error) ? syntaxError(migration, error) : error;
  }
  return statementsIn(sql, parsed.stmts ?? []);
}

/** @param parsed with places in bytes of the text */
export function statementsIn(sql: string, parsed: readonly RawStmt[]): readonly Statement[] {
  const bytes = Buffer.from(sql);
  const lineAt = lineCounter(sql);
  let before = { bytes: 0, units: 0 };
  return parsed.map(({ stmt, stmt_location: from = 0, stmt_len: length }, index) => {
    const type = Object.keys(stmt ?? {})[0] as NodeType | undefined;
    if (!stmt || type === undefined) throw new TypeError(`no statement at byte ${from}`);
    const offset = before.units + bytes.toString('utf8', before.bytes, from).length;
    before = { bytes: from, units: offset };
    const end = length === undefined ? bytes.length : from + length;
    return {
      number: index + 1,
      line: lineAt(offset),
      offset,
      text: bytes.toString('utf8', from, end).trimEnd(),
      type,
      node: stmt,
    };
  });
}

/** @param line of the file, from 1 */
export function invalidMigration(
  migration: MigrationText,
  line: number,
  problem: string,
): ReasonError {
  const { store, version } = migration;
  return new ReasonError(`MIGRATION_INVALID:${store}:${version}`, {
    detail: `${store}/postgres/${idOf(migration)}.sql, line ${line}: ${problem}`,
  });
}

function syntaxError(migration: MigrationText, { message, sqlDetails }: SqlError): ReasonError {
  // The position counts characters, not UTF-16 units.
  const before = Array.from(migration.sql)
    .slice(0, sqlDetails?.cursorPosition ?? 0)
    .join('');
  return invalidMigration(migration, lineCounter(migration.sql)(before.length), message);
}

/** A function from ascending offsets to the lines that they are on. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let place = 0;
  return (offset) => {
    for (; place < offset; place += 1) if (text[place] === '\n') line += 1;
    return line;
  };
}
