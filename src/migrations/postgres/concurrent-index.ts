import type pg from 'pg';
import type { Statement } from './statements.js';

/** An index that a statement builds concurrently. */
export interface ConcurrentIndex {
  /** The table as the statement names it, quoted. */
  readonly table: string;
  readonly name: string;
}

/** @returns undefined for any other statement, and for an index whose name PostgreSQL makes up */
export function concurrentIndexOf({ node }: Statement): ConcurrentIndex | undefined {
  if (!('IndexStmt' in node)) return undefined;
  const { concurrent, idxname, relation } = node.IndexStmt;
  if (!concurrent || idxname === undefined || relation?.relname === undefined) return undefined;
  const { schemaname, relname } = relation;
  const table = [schemaname, relname].flatMap((part) => (part === undefined ? [] : [quoted(part)]));
  return { table: table.join('.'), name: idxname };
}

/**
 * An index that was being built when its migrator was killed is there but INVALID: it goes, so that
 * it can be built again.
 * @returns whether the index is there, and valid
 */
export async function dropIfInvalid(
  client: pg.Client,
  { table, name }: ConcurrentIndex,
): Promise<boolean> {
  const { rows } = await client.query<{ index: string; valid: boolean }>(
    `SELECT c.oid::regclass::text AS index, i.indisvalid AS valid
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = to_regclass($1) AND c.relname = $2`,
    [table, name],
  );
  const [found] = rows;
  if (!found || found.valid) return found !== undefined;
  await client.query(`DROP INDEX CONCURRENTLY ${found.index}`);
  return false;
}

/** An index that is no use: its build failed or was cut short. */
export interface InvalidIndex {
  readonly index: string;
  readonly table: string;
}

/** The INVALID indexes of the schema that nobody is building at the moment. */
export async function invalidIndexes(client: pg.Client): Promise<readonly InvalidIndex[]> {
  const { rows } = await client.query<InvalidIndex>(
    `SELECT i.indexrelid::regclass::text AS index, i.indrelid::regclass::text AS table
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace =
              (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index p
                         WHERE p.index_relid = i.indexrelid)
      ORDER BY 1`,
  );
  return rows;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
