import { baseTypeSql, typeSql } from './change-type.js';
import type { Judgement } from './judgement.js';
import type { ModelColumn, Relation } from './relation.js';
import { textSql } from './statement-parts.js';

/** Pseudo-types whose operator class is that of every type of a kind. */
const ANY_OF_KIND = `CASE WHEN t.typcategory = 'A' THEN 'anyarray' WHEN t.typtype = 'e' THEN 'anyenum' WHEN t.typtype = 'r' THEN 'anyrange'
  WHEN t.typtype = 'm' THEN 'anymultirange' WHEN t.typtype = 'c' THEN 'record' END::regtype`;

/** An index without a named operator class is of types that have one for its method: `json` has none at all. */
export function refuseUnindexable(
  judgement: Judgement,
  relation: Relation,
  method: string,
  columns: readonly string[],
): void {
  const { schema } = judgement;
  if (schema.hasNewExtension) return;
  for (const name of columns) {
    const column = relation.columns.get(name);
    if (!column || schema.isNewType(column.type)) continue;
    const type = typeSqlOf(relation, column);
    if (type === undefined && schema.hasType(column.type) !== true) continue;
    judgement.failsInDatabase(`whether ${method} indexes take ${name} of ${relation.name}`, [
      {
        rule: 'no-operator-class',
        text: `The type of ${relation.name}.${name} has no default operator class for ${method}.`,
        fix: 'Name one, or index an expression of it.',
        sql: `SELECT NOT EXISTS (
          SELECT FROM pg_type t JOIN pg_am m ON m.amname = ${textSql(method)}
            JOIN pg_opclass o ON o.opcmethod = m.oid AND o.opcdefault
           WHERE t.oid = ${baseTypeSql(type ?? `${typeSql(column)}::regtype`)}
             AND (o.opcintype IN (t.oid, ${ANY_OF_KIND}) OR EXISTS (
               SELECT FROM pg_cast WHERE castsource = t.oid AND casttarget = o.opcintype AND castmethod = 'b'))) AS broken`,
      },
    ]);
  }
}

/** Of a column that the database has as it is. */
function typeSqlOf({ live: table }: Relation, { live, written }: ModelColumn): string | undefined {
  if (table === undefined || live === undefined || written) return undefined;
  return `(SELECT atttypid FROM pg_attribute WHERE attrelid = ${textSql(table)}::regclass AND attname = ${textSql(live)})`;
}
