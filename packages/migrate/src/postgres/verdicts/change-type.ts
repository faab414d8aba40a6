import type { AlterTableCmd } from 'libpg-query';
import { isCastOf } from '../locks/alter-table-locks.js';
import { changesStorage, typeOf } from '../locks/column-types.js';
import { allOf, asNode, functionsIn } from '../parser/syntax-tree.js';
import { refuseHeldRows } from './held-rows.js';
import type { Judgement } from './judgement.js';
import { type ModelColumn, needing, type Relation } from './relation.js';
import type { StatementPart } from './statement-parts.js';

type Type = Pick<ModelColumn, 'type' | 'modifiers'>;

const FIX =
  'Add a column of the new type, have the new build write both, fill it in batches, switch to it, and drop the old column in a later release.';

/** From, to: types of which the second does not hold all that the first may. */
const LOSING: Readonly<Record<string, readonly string[]>> = {
  numeric: ['int2', 'int4', 'int8', 'float4', 'float8'],
  float8: ['int2', 'int4', 'int8', 'float4', 'numeric'],
  float4: ['int2', 'int4', 'int8'],
  int8: ['float4', 'float8'],
  int4: ['float4'],
  timestamptz: ['date', 'time', 'timestamp', 'timetz'],
  timestamp: ['date', 'time'],
  timetz: ['time'],
  json: ['jsonb'],
  inet: ['cidr'],
  interval: ['time'],
};

const DIGITS = ['timestamp', 'timestamptz', 'time', 'timetz', 'interval'];

/** Whether a value may come out as another, by the conversion that the server does by itself. */
export function losesValues(from: Type, to: Type): boolean {
  if (from.type !== to.type) {
    if (LOSING[from.type]?.includes(to.type) === true) return true;
    return DIGITS.includes(from.type) && DIGITS.includes(to.type) && to.modifiers.length > 0;
  }
  const [before, scaleBefore = 0] = from.modifiers;
  const [after, scaleAfter = 0] = to.modifiers;
  if (after === undefined) return false;
  if (from.type === 'numeric') return before === undefined || scaleAfter < scaleBefore;
  return DIGITS.includes(from.type) && after < (before ?? 6);
}

/** Whether builds that know the old type go on: it grows, and drivers read it as before. */
function isTransparent(from: Type, to: Type): boolean {
  const texts = ['varchar', 'text'];
  if (texts.includes(from.type) && texts.includes(to.type)) return !changesStorage(from, to);
  return from.type === to.type && !changesStorage(from, to);
}

/** ALTER COLUMN ... TYPE */
export function changedType(
  judgement: Judgement,
  relation: Relation,
  { name = '', def }: AlterTableCmd,
  part: StatementPart | undefined,
): void {
  const before = judgement.column(relation, name);
  const { typeName, raw_default: using } = asNode(def, 'ColumnDef') ?? {};
  if (!typeName) return;
  if (before) refuseHeldRows(judgement, relation);
  const after = typeOf(typeName);
  const change = before ? `${typeText(before)} to ${typeText(after)}` : `to ${typeText(after)}`;
  const column = `${relation.name}.${name}`;
  const isSame = before && sameType(before, after) && !using;
  if (!isSame && !relation.isNew && before?.live !== undefined) {
    const dropped = droppedWith(judgement);
    const hanging = needing(relation).find(
      ({ column: of, what }) =>
        of === name && /^(view|generated)/.test(what) && !dropped.includes(what),
    );
    if (hanging)
      judgement.fails({
        rule: 'type-in-use',
        text: `The type of ${column} cannot change while ${hanging.what} uses it.`,
        fix: `Drop ${hanging.what} first and make it again afterwards, or use a new column.`,
      });
    const isPlain = !using || isCastOf(name, using);
    if (!isPlain) {
      judgement.destroysRows(relation, {
        rule: 'change-type-using',
        text: `Keeps of ${column} (${change}) only what USING makes of it.`,
        fix: FIX,
      });
    } else if (losesValues(before, after) || cuts(before, after, using !== undefined)) {
      judgement.destroysRows(relation, {
        rule: 'narrow-type',
        text: `Changes ${column} from ${change}, which rounds or cuts off what does not fit.`,
        fix: FIX,
      });
    }
    if (!isPlain || !isTransparent(before, after))
      judgement.breaks({
        rule: 'change-type',
        text: `Changes ${column} from ${change}: running builds read and write it as it was.`,
        fix: FIX,
      });
    judgeRows(judgement, relation, { name, before, after, using, part });
    refuseInChecks(judgement, relation, { name, before, after, using, part });
  }
  if (!relation.isKnown)
    judgement.breaks({
      rule: 'change-type',
      text: `Changes ${column} ${change}: running builds read and write it as it was.`,
      fix: FIX,
    });
  if (before)
    relation.columns.set(name, { ...before, ...after, ...(!isSame && { written: true }) });
}

/** A cast that is written out cuts a text where an assignment refuses it. */
function cuts(before: Type, after: Type, isWrittenOut: boolean): boolean {
  return isWrittenOut && isText(before) && isBounded(after) && shrinks(before, after);
}

const isText = ({ type }: Type) => ['varchar', 'bpchar', 'text'].includes(type);
const isBounded = ({ type, modifiers }: Type) =>
  ['varchar', 'bpchar'].includes(type) && modifiers.length > 0;

function shrinks(before: Type, after: Type): boolean {
  const [length] = before.modifiers;
  return length === undefined || (after.modifiers[0] ?? 0) < length;
}

interface Change {
  readonly name: string;
  readonly before: Type;
  readonly after: Type;
  readonly using: AlterTableCmd['def'] | undefined;
  readonly part: StatementPart | undefined;
}

function judgeRows(
  judgement: Judgement,
  relation: Relation,
  { name, before, after, using, part }: Change,
): void {
  if (isTransparent(before, after) && !using) return;
  const question = `whether every ${relation.name}.${name} can be made ${typeText(after)}`;
  const texts = {
    rule: 'type-does-not-fit',
    text: `A row of ${relation.name} has a ${name} that cannot be made ${typeText(after)}.`,
    fix: FIX,
  };
  if (isText(before) && isBounded(after) && !using) {
    const [length = 0] = after.modifiers;
    judgement.failsWhere(relation, texts, {
      columns: [name],
      question,
      sql: (live, column) =>
        `SELECT EXISTS (SELECT FROM ${live} WHERE length(rtrim(${column(name)}::text, ' ')) > ${length}) AS broken`,
    });
    return;
  }
  if (!using) {
    const [from, to] = comparedTypes(before, after);
    if (isText(to)) return;
    if (!judgement.schema.isComplete) {
      if (isText(before))
        judgement.fails({
          rule: 'type-needs-using',
          text: `${typeText(before)} is not made ${typeText(after)} without USING.`,
        });
      return;
    }
    judgement.failsWhere(
      relation,
      {
        rule: 'type-needs-using',
        text: `${relation.name}.${name} is not made ${typeText(after)} without USING.`,
      },
      {
        columns: [name],
        question: `${question} without USING`,
        sql: () => notAssignable(from, to),
      },
    );
  }
  if (using) refuseDefault(judgement, relation, { name, before, after });
  const written = using ? part?.restAfter('USING') : undefined;
  if (using && (written === undefined || !judgement.isHarmless(functionsIn(using)))) {
    judgement.notJudged('type-does-not-fit', `${question}: USING calls what may have effects.`);
    return;
  }
  judgement.failsWhere(relation, texts, {
    ...(!using && { columns: [name] }),
    question,
    sql: (live, column) =>
      `SELECT count((${written ?? column(name)}\n)::${castSql(after)}) < 0 AS broken FROM ${live}`,
    mayRaise: true,
  });
}

/** Whether the CHECKs that speak of the column can be evaluated at all; no row is asked for. */
function refuseInChecks(
  judgement: Judgement,
  relation: Relation,
  { name, before, after, using, part }: Change,
): void {
  const written = using ? part?.restAfter('USING') : undefined;
  if (isTransparent(before, after) || (using && !judgement.isHarmless(functionsIn(using)))) return;
  for (const { columns, check } of checksOn(relation, name))
    judgement.failsWhere(
      { ...relation, changedBy: undefined },
      {
        rule: 'type-in-check',
        text: `A CHECK of ${relation.name} does not take ${name} as ${typeText(after)}.`,
        fix: 'Drop that constraint first, and add it again for the new type.',
      },
      {
        columns,
        question: `whether the CHECKs of ${relation.name} take ${name} as ${typeText(after)}`,
        sql: (live, column) => {
          const changed = `(${written ?? column(name)}\n)::${castSql(after)} AS ${column(name)}`;
          const shown = columns.map((each) => (each === name ? changed : column(each)));
          return `SELECT false AS broken FROM (SELECT ${shown.join(', ')} FROM ${live}) AS changed WHERE NOT (${check}\n) LIMIT 0`;
        },
        mayRaise: true,
      },
    );
}

/** What a default is made of is never asked of USING. */
function refuseDefault(
  judgement: Judgement,
  relation: Relation,
  { name, before, after }: Pick<Change, 'name' | 'before' | 'after'>,
): void {
  const { hasDefault = false, generated } = relation.columns.get(name) ?? {};
  const [from, to] = comparedTypes(before, after);
  if (!hasDefault || generated || isText(to)) return;
  judgement.failsInDatabase(`whether the default of ${name} can be made ${typeText(after)}`, [
    {
      rule: 'default-needs-cast',
      text: `The default of ${relation.name}.${name} is not made ${typeText(after)}, with USING or without.`,
      fix: 'DROP DEFAULT before it, in the same statement, and SET DEFAULT after it.',
      sql: notAssignable(from, to),
    },
  ]);
}

/** Conditions that speak of a column, as the database has them, and all columns that they speak of. */
function checksOn({ constraints }: Relation, name: string) {
  return [...constraints.values()].flatMap(({ type, columns, check }) =>
    type === 'c' && check !== null && columns.includes(name) ? [{ columns, check }] : [],
  );
}

/** An array is made another as its elements are. */
function comparedTypes(before: Type, after: Type): readonly [Type, Type] {
  const isArray = ({ type }: Type) => type.startsWith('_');
  const element = ({ type }: Type): Type => ({ type: type.slice(1), modifiers: [] });
  return isArray(before) && isArray(after) ? [element(before), element(after)] : [before, after];
}

/** The type below a domain, and a domain of that. @param oid SQL */
export function baseTypeSql(oid: string): string {
  return `(WITH RECURSIVE below AS (
    SELECT oid, typbasetype FROM pg_type WHERE oid = ${oid}
     UNION ALL SELECT t.oid, t.typbasetype FROM below JOIN pg_type t ON t.oid = below.typbasetype)
    SELECT oid FROM below WHERE typbasetype = 0)`;
}

/** As the server does: one is the other in bytes, by a cast for assignments, or a text is made of it. */
function notAssignable(from: Type, to: Type): string {
  const [source, target] = [from, to].map((each) => baseTypeSql(`${typeSql(each)}::regtype`));
  return `SELECT s.oid <> t.oid AND t.typcategory <> 'S' AND NOT EXISTS (
      SELECT FROM pg_cast WHERE castcontext IN ('a', 'i') AND castsource = s.oid AND casttarget = t.oid) AS broken
      FROM pg_type s, pg_type t WHERE s.oid = ${source} AND t.oid = ${target}`;
}

function sameType(one: Type, other: Type): boolean {
  return one.type === other.type && one.modifiers.join() === other.modifiers.join();
}

const NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'char',
};

/** For people: `numeric(8,2)`, `integer[]`. */
export function typeText({ type, modifiers }: Type): string {
  const plain = type.replace(/^_/, '');
  const name = NAMES[plain] ?? plain;
  const length = modifiers.length > 0 ? `(${modifiers.join(',')})` : '';
  return `${name}${length}${type.startsWith('_') ? '[]' : ''}`;
}

export function typeSql({ type }: Pick<Type, 'type'>): string {
  return `'${castSql({ type, modifiers: [] }).replaceAll("'", "''")}'`;
}

export function castSql({ type, modifiers }: Type): string {
  const plain = type.replace(/^_/, '');
  const length = modifiers.length > 0 ? `(${modifiers.join(',')})` : '';
  return `"${plain.replaceAll('"', '""')}"${length}${type.startsWith('_') ? '[]' : ''}`;
}

/** What the same statement drops, which the server does first, wherever it says so. */
function droppedWith({ statement }: Judgement): readonly string[] {
  return allOf(asNode(statement.node, 'AlterTableStmt')?.cmds, 'AlterTableCmd')
    .filter(({ subtype }) => subtype === 'AT_DropColumn')
    .map(({ name = '' }) => `generated column ${name}`);
}
