import type { IndexStmt } from 'libpg-query';
import type { Query } from '../locks/table-sizes.js';
import { allOf, functionsIn, relationName } from '../parser/syntax-tree.js';
import { type Known, provedType } from './never-fails.js';

/** Whether what an index that is not there yet computes of a row is known to fail for none. */
export async function computesSafely(
  ask: Query,
  { relation, indexParams, whereClause }: IndexStmt,
): Promise<boolean> {
  const expressions = [
    ...allOf(indexParams, 'IndexElem').flatMap(({ expr }) => expr ?? []),
    ...(whereClause ? [whereClause] : []),
  ];
  if (expressions.length === 0) return true;
  if (!relation) return false;
  // A function of the same name might be the nearer one.
  const { rows: others } = await ask(
    `SELECT 1 FROM pg_proc WHERE proname = ANY ($1) AND pronamespace <> 'pg_catalog'::regnamespace`,
    [functionsIn(expressions)],
  );
  if (others.length > 0) return false;
  const { rows } = await ask(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS "notNull" FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [relationName(relation)],
  );
  const columns = rows as unknown as readonly Known[];
  return expressions.every((each) => provedType(each, columns) !== undefined);
}
