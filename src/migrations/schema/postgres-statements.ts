import type { Migration } from '../migration.js';

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
 * @throws Error when it cannot be parsed, or names a schema of its own
 */
export async function schemaStatements({ sql }: Migration): Promise<string> {
  if (sql.trim() === '') return '';
  const { loadModule, parse } = await import('libpg-query');
  await loadModule();
  const bytes = Buffer.from(sql);
  const { stmts = [] } = await parse(sql);
  const kept: string[] = [];
  for (const { stmt, stmt_location: start = 0, stmt_len: length } of stmts) {
    const [kind, node] = Object.entries(stmt ?? {})[0] ?? [];
    if (kind === undefined || isLeftOut(kind, node)) continue;
    const tree = JSON.stringify(node);
    const [, schema] = OTHER_SCHEMA.exec(tree) ?? [];
    if (schema !== undefined) throw new Error(`it names the schema ${schema}`);
    const end = length === undefined ? bytes.length : start + length;
    const text = bytes.subarray(start, end).toString();
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
