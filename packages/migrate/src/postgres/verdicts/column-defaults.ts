import type { Node } from 'libpg-query';
import { asNode, textsOf } from '../parser/syntax-tree.js';
import { castSql, typeText } from './change-type.js';
import type { Judgement } from './judgement.js';
import { isGone, type ModelColumn, type Relation } from './relation.js';
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

/** `nextval('numbers')` keeps the sequence from being dropped while the column has it for its default. */
export function needsSequences(
  judgement: Judgement,
  relation: Relation,
  name: string,
  def: unknown,
): void {
  for (const sequence of sequencesIn(def)) {
    const found = judgement.schema.find(sequence);
    const column = relation.columns.get(name);
    if (found?.kind !== 'S' || !column) continue;
    const token = Symbol(name);
    relation.columns.set(name, { ...column, default: token });
    found.dependents = [
      ...found.dependents,
      {
        what: `column ${relation.name}.${name}`,
        column: null,
        owner: relation,
        isThere: () =>
          !isGone(relation) &&
          [...relation.columns.values()].some((each) => each.default === token),
      },
    ];
  }
}

/** Texts that `nextval` is called with. */
function sequencesIn(tree: unknown): readonly string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const { FuncCall: call } = tree as { readonly FuncCall?: { funcname?: Node[]; args?: Node[] } };
  const text =
    textsOf(call?.funcname).at(-1) === 'nextval' ? constantText(call?.args?.[0]) : undefined;
  return [...(text === undefined ? [] : [text]), ...Object.values(tree).flatMap(sequencesIn)];
}

function constantText(node: Node | undefined): string | undefined {
  const inner = asNode(node, 'TypeCast')?.arg ?? node;
  return asNode(inner, 'A_Const')?.sval?.sval;
}
