import type pg from 'pg';
import type { Migration } from '../../migration.js';
import type { MigratorIdentity } from '../../migration-session.js';
import type { ConnectionFacts } from './connection-facts.js';
import { durationSql, joinStatements, ledgerInsert } from './ledger.js';
import type { PreparedEntry } from './prepared-entry.js';
import { sessionResetStatements } from './session-reset.js';
import type { Statement } from '../parser/statements.js';

/**
 * Milliseconds that a statement waits for a table: what waits for an exclusive lock holds up all
 * that come after, so that it gives way and tries again. The idea is that of pgroll.
 */
export const TABLE_LOCK_MS = 100;

/** They wait for rows, and hold up nothing that reads. */
const DATA_STATEMENTS = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
]);

/** A migration and what it consists of. */
export interface ParsedMigration {
  readonly migration: Migration;
  readonly statements: readonly Statement[];
}

/** How the transaction of a migration is to be written. */
export interface TransactionOptions {
  readonly identity: MigratorIdentity;
  readonly facts: ConnectionFacts;
  /** Whether the commit waits until it is on disk. */
  readonly durable: boolean;
  /** Milliseconds that a statement waits for rows; 0 no bound. */
  readonly lockTimeoutMs: number;
  /** The migration that comes before it in the same text. */
  readonly after?: Migration | undefined;
  /** Used where it is prepared. */
  readonly entry: PreparedEntry;
}

/** A migration as one text, its transaction included. */
export function migrationSql(
  parsed: ParsedMigration,
  options: TransactionOptions,
  client: pg.Client,
): string {
  return joinStatements([beginSql(parsed, options), ...statementsSql(parsed, options, client)]);
}

/** The text that opens the transaction of a migration. */
export function beginSql(
  { statements }: ParsedMigration,
  { durable, lockTimeoutMs }: TransactionOptions,
): string {
  const asynchronously = durable ? '' : '; SET LOCAL synchronous_commit = off';
  return `BEGIN; SET LOCAL lock_timeout = ${lockLimit(statements, 0, lockTimeoutMs)}${asynchronously}`;
}

/**
 * The texts that follow it, one for each statement: the last one enters the migration into the
 * ledger and commits.
 */
export function statementsSql(
  parsed: ParsedMigration,
  options: TransactionOptions,
  client: pg.Client,
): readonly string[] {
  const end = [...resetsOf(parsed, options, client), commitSql(parsed, options, client)];
  return statementsWith(end, parsed, options);
}

/** The same without the entry and the commit. */
export function uncommittedSql(
  parsed: ParsedMigration,
  options: TransactionOptions,
  client: pg.Client,
): readonly string[] {
  return statementsWith(resetsOf(parsed, options, client), parsed, options);
}

/** Enters the migration into the ledger, and commits. */
export function commitSql(
  { migration }: ParsedMigration,
  { identity, after, entry }: TransactionOptions,
  client: pg.Client,
): string {
  const quote = (text: string) => client.escapeLiteral(text);
  const own = () =>
    `${ledgerInsert(migration, identity, durationSql(quote, after), quote)} RETURNING duration_ms`;
  return joinStatements([entry.sqlFor(migration, after) ?? own(), 'COMMIT']);
}

function resetsOf(
  { migration, statements }: ParsedMigration,
  { facts }: TransactionOptions,
  client: pg.Client,
): readonly string[] {
  return sessionResetStatements(statements, facts, client.escapeLiteral(migration.store));
}

function statementsWith(
  end: readonly string[],
  { statements }: ParsedMigration,
  { lockTimeoutMs }: TransactionOptions,
): readonly string[] {
  if (statements.length === 0) return end.length === 0 ? [] : [joinStatements(end)];
  return statements.map(({ number, text }) => {
    const index = number - 1;
    const limit = lockLimit(statements, index, lockTimeoutMs);
    const isChanged = limit !== lockLimit(statements, Math.max(0, index - 1), lockTimeoutMs);
    return joinStatements([
      ...(isChanged ? [`SET LOCAL lock_timeout = ${limit}`] : []),
      text,
      ...(number === statements.length ? end : []),
    ]);
  });
}

/** Rows may be waited for as long as requests wait, unless tables are held meanwhile. */
function lockLimit(statements: readonly Statement[], index: number, lockTimeoutMs: number): number {
  const holdsTables = statements.slice(0, index + 1).some(({ type }) => !DATA_STATEMENTS.has(type));
  return holdsTables ? TABLE_LOCK_MS : lockTimeoutMs;
}
