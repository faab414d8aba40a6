import type { Node } from 'libpg-query';
import { asNode } from '../parser/syntax-tree.js';
import { castSql, typeText } from './change-type.js';
import type { Judgement } from './judgement.js';
import type { ModelColumn, Relation } from './schema-model.js';
import { textSql } from './statement-parts.js';

/** Types of the server's own that do not take every text. */
const CHOOSY = new Set([
  ...['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bool', 'uuid', 'json', 'jsonb'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'inet', 'cidr', 'macaddr'],
]);

/** A default that is a text in quotes has to be one that the type takes. Of any other nothing is said. */
export function refuseOddDefault(
  judgement: Judgement,
  relation: Pick<Relation, 'name'>,
  column: Pick<ModelColumn, 'type' | 'modifiers'>,
  { name, def }: { readonly name: string; readonly def: Node | undefined },
): void {
  const text = asNode(def, 'A_Const')?.sval?.sval;
  const { type } = column;
  const { schema } = judgement;
  if (text === undefined || schema.isNewType(type) || schema.labelsOf(type).includes(text)) return;
  const ofType = `FROM pg_type t WHERE t.typname = ${textSql(type)} AND t.typtype = 'e'`;
  const isNoLabel = `SELECT EXISTS (SELECT ${ofType}) AND NOT EXISTS (
    SELECT FROM pg_enum e WHERE e.enumlabel = ${textSql(text)} AND e.enumtypid IN (SELECT t.oid ${ofType})) AS broken`;
  judgement.failsInDatabase(`whether ${typeText(column)} takes the default of ${name}`, [
    {
      rule: 'default-does-not-fit',
      text: `The default of ${relation.name}.${name} is no ${typeText(column)}.`,
      sql: CHOOSY.has(type)
        ? `SELECT ${textSql(text)}::${castSql(column)} IS NULL AND false AS broken`
        : isNoLabel,
      mayRaise: true,
    },
  ]);
}
