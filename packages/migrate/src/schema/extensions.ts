import type pg from 'pg';
import type { Statement } from '../postgres/parser/statements.js';
import { rangesIn, type NodeType } from '../postgres/parser/syntax-tree.js';

/** What a database has of extensions, as the role of the connection sees it. */
export interface Extensions {
  /** Names of all that are installed. */
  readonly installed: ReadonlySet<string>;
  /** Those schemas of the `search_path` that hold the types and functions of some. */
  readonly schemas: readonly string[];
}

/** @param client whose `search_path` is still the role's own */
export async function readExtensions(client: pg.Client): Promise<Extensions> {
  const { rows } = await client.query<{ name: string; schema: string; visible: boolean }>(
    `SELECT e.extname AS name, n.nspname AS schema, n.nspname = ANY (current_schemas(false)) AS visible
       FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
  );
  const schemas = rows.filter(({ visible }) => visible).map(({ schema }) => schema);
  return {
    installed: new Set(rows.map(({ name }) => name)),
    schemas: [...new Set(schemas)],
  };
}

/**
 * Statements that may use an extension's types, functions or operator classes, that run no function
 * of rows, and in whose trees all tables that they touch are named.
 */
const USERS: ReadonlySet<NodeType> = new Set([
  'CreateStmt',
  'AlterTableStmt',
  'IndexStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateRangeStmt',
  'ViewStmt',
  'CreateTrigStmt',
]);

/**
 * The tables that have to be in the scratch schema, so that the statement can be shown the schemas of
 * the extensions too without getting at a live table there.
 * @returns null for a statement that is never shown them
 */
export function tablesUsed({ type, node }: Statement): readonly string[] | null {
  if (!USERS.has(type)) return null;
  const made = madeBy(node);
  const names = rangesIn(node)
    .filter(({ schemaname }) => schemaname === undefined)
    .map(({ relname = '' }) => relname);
  return [...new Set(names)].filter((name) => name !== made);
}

function madeBy(node: Statement['node']): string | undefined {
  if ('CreateStmt' in node) return node.CreateStmt.relation?.relname;
  if ('ViewStmt' in node) return node.ViewStmt.view?.relname;
  if ('CompositeTypeStmt' in node) return node.CompositeTypeStmt.typevar?.relname;
  return undefined;
}
