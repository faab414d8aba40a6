import { baseTypeSql } from './change-type.js';
import type { Judgement } from './judgement.js';
import type { Relation } from './schema-model.js';
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
  if (relation.isNew || relation.live === undefined || judgement.schema.hasNewExtension) return;
  const { live: table } = relation;
  for (const name of columns) {
    const column = relation.columns.get(name);
    if (column?.live === undefined || column.written) continue;
    judgement.failsInDatabase(`whether ${method} indexes take ${name} of ${relation.name}`, [
      {
        rule: 'no-operator-class',
        text: `The type of ${relation.name}.${name} has no default operator class for ${method}.`,
        fix: 'Name one, or index an expression of it.',
        sql: `SELECT NOT EXISTS (
          SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = ${baseTypeSql('a.atttypid')}
            JOIN pg_am m ON m.amname = ${textSql(method)} JOIN pg_opclass o ON o.opcmethod = m.oid AND o.opcdefault
           WHERE a.attrelid = ${textSql(table)}::regclass AND a.attname = ${textSql(column.live)}
             AND (o.opcintype IN (t.oid, ${ANY_OF_KIND}) OR EXISTS (
               SELECT FROM pg_cast WHERE castsource = t.oid AND casttarget = o.opcintype AND castmethod = 'b'))) AS broken`,
      },
    ]);
  }
}
