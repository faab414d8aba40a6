import type pg from 'pg';
import type { Statement } from '../parser/statements.js';
import { allOf } from '../parser/syntax-tree.js';

/** An index that a statement builds concurrently. */
export interface ConcurrentIndex {
  /** The table as the statement names it, quoted. */
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly method: string;
  readonly partial: boolean;
  /** Key and included columns in order; null for an expression. */
  readonly columns: readonly (string | null)[];
}

/** @returns undefined for any other statement, and for an index whose name PostgreSQL makes up */
export function concurrentIndexOf({ node }: Statement): ConcurrentIndex | undefined {
  if (!('IndexStmt' in node)) return undefined;
  const { concurrent, idxname, relation, whereClause, unique = false } = node.IndexStmt;
  const { accessMethod = 'btree', indexParams, indexIncludingParams } = node.IndexStmt;
  if (!concurrent || idxname === undefined || relation?.relname === undefined) return undefined;
  const { schemaname, relname } = relation;
  const table = [schemaname, relname].flatMap((part) => (part === undefined ? [] : [quoted(part)]));
  const columns = [indexParams, indexIncludingParams].flatMap((list) => allOf(list, 'IndexElem'));
  return {
    table: table.join('.'),
    name: idxname,
    unique,
    method: accessMethod,
    partial: whereClause !== undefined,
    columns: columns.map(({ name }) => name ?? null),
  };
}

/**
 * An index that was being built when its migrator was killed is there but INVALID: it goes, so that
 * it can be built again.
 * @returns whether the index is there, and valid; false too for one of the same name that is of
 * another kind, or of other columns: building this one then fails
 */
export async function dropIfInvalid(
  client: pg.Client,
  { table, name, unique, method, partial, columns }: ConcurrentIndex,
): Promise<boolean> {
  const { rows } = await client.query<{ index: string; valid: boolean; same: boolean }>(
    `SELECT c.oid::regclass::text AS index, i.indisvalid AS valid,
            i.indisunique = $3 AND m.amname = $4 AND (i.indpred IS NOT NULL) = $5
            AND ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid
                              AND a.attnum = k.number AND k.number > 0
                       ORDER BY k.place) = $6::text[] AS same
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
      WHERE i.indrelid = to_regclass($1) AND c.relname = $2`,
    [table, name, unique, method, partial, columns],
  );
  const [found] = rows;
  if (!found || found.valid) return found?.same === true;
  await client.query(`DROP INDEX CONCURRENTLY ${found.index}`);
  return false;
}

/** An index that is no use: its build failed or was cut short. */
export interface InvalidIndex {
  readonly index: string;
  readonly table: string;
  /** Whether a pending migration builds it: `up` then drops it and builds it again. */
  readonly pending: boolean;
}

/**
 * The INVALID indexes of the schema that are not being built at the moment.
 * @param pending those that pending migrations build
 */
export async function invalidIndexes(
  client: pg.Client,
  pending: readonly Pick<ConcurrentIndex, 'table' | 'name'>[],
): Promise<readonly InvalidIndex[]> {
  const { rows } = await client.query<InvalidIndex>(
    `SELECT i.indexrelid::regclass::text AS index, i.indrelid::regclass::text AS table,
            EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS built (on_table, name)
                     WHERE to_regclass(on_table) = i.indrelid AND name = c.relname) AS pending
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace =
              (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index p
                         WHERE p.index_relid = i.indexrelid)
      ORDER BY 1`,
    [pending.map(({ table }) => table), pending.map(({ name }) => name)],
  );
  return rows;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
