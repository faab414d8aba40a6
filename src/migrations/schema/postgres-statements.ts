import type { Migration } from '../migration.js';
import { statementsOf } from '../postgres/statements.js';

/** Statements that make no part of a schema, or that end or leave the transaction. */
const LEFT_OUT = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'TruncateStmt',
  'VacuumStmt',
  'ReindexStmt',
  'ClusterStmt',
  'LockStmt',
  'RefreshMatViewStmt',
  'CheckPointStmt',
  'DiscardStmt',
  'ExplainStmt',
  'ListenStmt',
  'NotifyStmt',
  'UnlistenStmt',
  'TransactionStmt',
]);

/** Settings that hold the building of a scratch schema in its place and its time. */
const KEPT_SETTINGS = new Set([
  'search_path',
  'lock_timeout',
  'statement_timeout',
  'transaction_timeout',
  'role',
  'session_authorization',
]);

const OTHER_SCHEMA = /"schemaname":"(?!pg_catalog"|information_schema")([^"]*)"/;

/**
 * The part of a migration that makes the schema, fit for one transaction: rows are not written,
 * and `CONCURRENTLY` is left out.
 * @returns SQL; empty when the migration makes nothing
 * @throws MIGRATION_INVALID when it cannot be parsed, Error when it names a schema of its own
 */
export async function schemaStatements(migration: Migration): Promise<string> {
  const kept: string[] = [];
  for (const { type, node, text } of await statementsOf(migration)) {
    const [inner] = Object.values(node) as unknown[];
    if (isLeftOut(type, inner)) continue;
    const tree = JSON.stringify(inner);
    const [, schema] = OTHER_SCHEMA.exec(tree) ?? [];
    if (schema !== undefined) throw new Error(`it names the schema ${schema}`);
    kept.push(tree.includes('"concurrent":true') ? await withoutConcurrently(text) : text);
  }
  // On a line of its own: a statement may end in a comment.
  return kept.map((text) => `${text}\n;\n`).join('');
}

function isLeftOut(kind: string, node: unknown): boolean {
  if (LEFT_OUT.has(kind)) return true;
  if (kind !== 'VariableSetStmt') return false;
  const { kind: action, name = '' } = node as { kind: string; name?: string };
  return action === 'VAR_RESET_ALL' || KEPT_SETTINGS.has(name);
}

async function withoutConcurrently(statement: string): Promise<string> {
  const { scan } = await import('libpg-query');
  const bytes = Buffer.from(statement);
  const { tokens } = await scan(statement);
  const words = tokens.filter(({ text }) => text.toUpperCase() === 'CONCURRENTLY');
  for (const { start, end } of words) bytes.fill(' ', start, end);
  return bytes.toString();
}
