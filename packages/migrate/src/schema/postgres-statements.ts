import type { Migration } from '../migration.js';
import { loadParser } from '../postgres/parser/parser.js';
import { type Statement, statementsOf } from '../postgres/parser/statements.js';
import { functionsIn } from '../postgres/parser/syntax-tree.js';

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

/** Why a migration that sets the `search_path` cannot be run in a scratch schema. */
export const SETS_PATH = 'it sets the search_path, so that it may make its tables in any schema';

const BLOCK_SETS_PATH = /\b(set\s+(local\s+|session\s+)?(search_path|schema)|set_config)\b/i;

/** Settings that hold the building of a scratch schema in its place and its time. */
const KEPT_SETTINGS = new Set([
  'search_path',
  'lock_timeout',
  'statement_timeout',
  'transaction_timeout',
  'role',
  'session_authorization',
]);

/** An extension belongs to the whole database: changing it would lock what live tables use. */
const EXTENSIONS = new Set(['AlterExtensionStmt', 'AlterExtensionContentsStmt']);

const OTHER_SCHEMA = /"schemaname":"(?!pg_catalog"|information_schema")([^"]*)"/;

/**
 * The part of a migration that makes the schema, fit for one transaction: rows are not written,
 * and `CONCURRENTLY` is left out.
 * @param installed names of extensions that are there already
 * @returns none when the migration makes nothing
 * @throws MIGRATION_INVALID when it cannot be parsed, Error when it names a schema of its own
 */
export async function schemaStatements(
  migration: Migration,
  installed: ReadonlySet<string>,
): Promise<readonly Statement[]> {
  const kept: Statement[] = [];
  for (const statement of await statementsOf(migration)) {
    const { type, node, text } = statement;
    const [inner] = Object.values(node) as unknown[];
    if (isLeftOut(type, inner) || isOfExtension(type, inner, installed)) continue;
    const tree = JSON.stringify(inner);
    if (type === 'DoStmt' ? BLOCK_SETS_PATH.test(text) : callSetsPath(type, inner, tree))
      throw new Error(SETS_PATH);
    const [, schema] = OTHER_SCHEMA.exec(tree) ?? [];
    if (schema !== undefined) throw new Error(`it names the schema ${schema}`);
    kept.push(
      tree.includes('"concurrent":true')
        ? { ...statement, text: await withoutConcurrently(text) }
        : statement,
    );
  }
  return kept;
}

function callSetsPath(type: string, node: unknown, tree: string): boolean {
  if (type !== 'SelectStmt') return false;
  return functionsIn(node).includes('set_config') && /"search_path"/i.test(tree);
}

/** One text. A semicolon is on a line of its own: a statement may end in a comment. */
export function joinStatements(statements: readonly Pick<Statement, 'text'>[]): string {
  return statements.map(({ text }) => `${text}\n;\n`).join('');
}

/** @throws Error for a `search_path`, which would lead out of the scratch schema */
function isLeftOut(kind: string, node: unknown): boolean {
  if (LEFT_OUT.has(kind)) return true;
  if (kind !== 'VariableSetStmt') return false;
  const { kind: action, name = '' } = node as { kind: string; name?: string };
  if (action === 'VAR_SET_VALUE' && name === 'search_path') throw new Error(SETS_PATH);
  return action === 'VAR_RESET_ALL' || KEPT_SETTINGS.has(name);
}

function isOfExtension(kind: string, node: unknown, installed: ReadonlySet<string>): boolean {
  const { extname, ...types } = node as Readonly<Record<string, unknown>>;
  if (kind === 'CreateExtensionStmt') return installed.has(extname as string);
  if (EXTENSIONS.has(kind)) return true;
  return [types.removeType, types.objectType, types.objtype].includes('OBJECT_EXTENSION');
}

async function withoutConcurrently(statement: string): Promise<string> {
  const { scan } = await loadParser();
  const bytes = Buffer.from(statement);
  const { tokens } = scan(statement);
  const words = tokens.filter(({ text }) => text.toUpperCase() === 'CONCURRENTLY');
  for (const { start, end } of words) bytes.fill(' ', start, end);
  return bytes.toString();
}
