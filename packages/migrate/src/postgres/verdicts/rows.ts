import type { Node, RangeVar } from 'libpg-query';
import {
  allOf,
  asNode,
  type NodeOf,
  rangesIn,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';
import { takenBy } from './conditions.js';
import type { Judgement } from './judgement.js';
import type { Relation } from './relation.js';
import { refuseNulls, refuseSetNulls } from './written-nulls.js';

const LOOK_FIRST = 'Look at them by a SELECT first; a backup has to have them.';

/** INSERT */
export function insertedRows(judgement: Judgement, node: NodeOf<'InsertStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation) return;
  const names = allOf(node.cols, 'ResTarget').map(({ name = '' }) => name);
  for (const name of names) judgement.column(relation, name);
  refuseTwice(judgement, names);
  refuseNulls(judgement, relation, node);
  refuseReturning(judgement, relation, 'insert', node.returningClause);
  const { action, targetList, whereClause } = node.onConflictClause ?? {};
  if (action === 'ONCONFLICT_UPDATE') {
    const set = setColumns(judgement, relation, targetList);
    // Which rows a condition leaves out, its author has said, as in an UPDATE.
    if (takenBy(whereClause, rowsOf(relation, node.relation, true)) === 'every')
      overwritten(judgement, relation, set, {
        rule: 'upsert-rows',
        where: `the rows of ${relation.name} that a new one conflicts with`,
        fix: 'DO NOTHING keeps them; or give DO UPDATE a WHERE.',
      });
  }
  touch(judgement, relation);
}

/** UPDATE */
export function updatedRows(judgement: Judgement, node: NodeOf<'UpdateStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation) return;
  const set = setColumns(judgement, relation, node.targetList);
  refuseReturning(judgement, relation, 'update', node.returningClause);
  const rows = rowsOf(relation, node.relation, node.fromClause !== undefined);
  const takesAll = takenBy(node.whereClause, rows) === 'every';
  if (takesAll) refuseSetNulls(judgement, relation, node.targetList);
  if (takesAll)
    overwritten(judgement, relation, set, {
      rule: 'update-all-rows',
      where: `every row of ${relation.name}`,
      fix: 'Write to a new column, or give a WHERE; change the rows in batches.',
    });
  for (const { name } of set) {
    const column = relation.columns.get(name);
    if (column) relation.columns.set(name, { ...column, written: true });
  }
}

/** A column, and whether what it holds goes with that. */
interface SetColumn {
  readonly name: string;
  readonly isLost: boolean;
}

/** The columns of SET. */
function setColumns(
  judgement: Judgement,
  relation: Relation,
  targets: readonly Node[] | undefined,
): readonly SetColumn[] {
  const all = allOf(targets, 'ResTarget');
  const names = all.map(({ name = '' }) => name);
  refuseTwice(judgement, names);
  return all.map(({ name = '', val }) => {
    const column = judgement.column(relation, name);
    const from = textsOf(asNode(val, 'ColumnRef')?.fields);
    const isItself = from.at(-1) === name && [undefined, relation.name].includes(from.at(-2));
    return { name, isLost: !isItself && (!column || column.live !== undefined) };
  });
}

function overwritten(
  judgement: Judgement,
  relation: Relation,
  columns: readonly SetColumn[],
  { rule, where, fix }: { readonly rule: string; readonly where: string; readonly fix: string },
): void {
  const lost = columns.filter(({ isLost }) => isLost).map(({ name }) => name);
  if (lost.length === 0) return;
  judgement.destroysRows(relation, {
    rule,
    text: `Overwrites ${lost.join(', ')} in ${where}.`,
    fix,
  });
}

function refuseTwice(judgement: Judgement, names: readonly string[]): void {
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined)
    judgement.fails({ rule: 'column-twice', text: `Gives the column ${twice} two values.` });
}

/** DELETE */
export function deletedRows(judgement: Judgement, node: NodeOf<'DeleteStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation) return;
  refuseReturning(judgement, relation, 'delete', node.returningClause);
  const taken = takenBy(
    node.whereClause,
    rowsOf(relation, node.relation, node.usingClause !== undefined),
  );
  if (taken === 'none') return;
  if (taken === 'every')
    judgement.destroysRows(relation, {
      rule: 'delete-all-rows',
      text: `Deletes every row of ${relation.name}.`,
      fix: 'Give a WHERE; delete in batches, when a backup has the rows.',
    });
  else
    judgement.destroysRows(relation, {
      rule: 'delete-rows',
      text: `Deletes the rows of ${relation.name} that its WHERE takes.`,
      fix: LOOK_FIRST,
    });
  if (!relation.isNew) touch(judgement, relation);
}

/** MERGE */
export function mergedRows(judgement: Judgement, node: NodeOf<'MergeStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation || relation.isNew) return;
  const rows = rowsOf(relation, node.relation, true);
  const joined = takenBy(node.joinCondition, rows);
  for (const clause of allOf(node.mergeWhenClauses, 'MergeWhenClause')) {
    const { commandType, matchKind, condition, targetList } = clause;
    const own = takenBy(condition, rows);
    const isOfMatched = matchKind === 'MERGE_WHEN_MATCHED';
    if (own === 'none' || (isOfMatched && joined === 'none')) continue;
    const isOfAll = own === 'every' && joined === (isOfMatched ? 'every' : 'none');
    if (commandType === 'CMD_DELETE')
      judgement.destroysRows(relation, {
        rule: isOfAll ? 'delete-all-rows' : 'delete-rows',
        text: `Deletes ${isOfAll ? 'every row' : 'the rows'} of ${relation.name}${isOfAll ? '' : ` that it ${isOfMatched ? 'matches' : 'does not match'}`}.`,
        fix: LOOK_FIRST,
      });
    if (commandType === 'CMD_UPDATE' && own === 'every')
      overwritten(judgement, relation, setColumns(judgement, relation, targetList), {
        rule: isOfAll ? 'update-all-rows' : 'upsert-rows',
        where: isOfAll
          ? `every row of ${relation.name}`
          : `the rows of ${relation.name} that it ${isOfMatched ? 'matches' : 'does not match'}`,
        fix: 'DO NOTHING keeps them; or give the WHEN a condition.',
      });
  }
  touch(judgement, relation);
}

/** COPY */
export function copiedRows(judgement: Judgement, node: NodeOf<'CopyStmt'>): void {
  const { relation: range, is_from: writes, is_program: runs, filename, query } = node;
  const relation = target(judgement, range);
  const names = textsOf(node.attlist);
  if (relation) for (const name of names) judgement.column(relation, name);
  refuseTwice(judgement, names);
  const text = judgement.parts[0]?.bracketsAfter('COPY');
  if (query && text !== undefined && asNode(query, 'SelectStmt'))
    judgement.failsToParse(text, rangesIn(query), 'COPY');
  if (runs)
    judgement.notJudged('copy-program', `What ${filename ?? 'the program'} does on the server.`);
  else if (filename !== undefined && !writes)
    judgement.notJudged('copy-file', `Whether it overwrites ${filename} on the server.`);
  if (relation && writes) touch(judgement, relation);
}

/** What a rule does instead answers nothing, unless it says what. */
function refuseReturning(
  judgement: Judgement,
  { name, insteadOf }: Relation,
  event: string,
  returning: object | undefined,
): void {
  const rules = [...insteadOf.values()].filter((rule) => rule.event === event);
  if (!returning || rules.length === 0 || rules.some(({ returns }) => returns)) return;
  judgement.fails({
    rule: 'returning-of-rule',
    text: `A rule of ${name} does something else instead, and answers nothing to RETURNING.`,
    fix: 'Give the rule a RETURNING of its own, or leave it out here.',
  });
}

function target(judgement: Judgement, range: RangeVar | undefined): Relation | undefined {
  return range && judgement.existing(relationName(range), 'table');
}

function rowsOf(relation: Relation, range: RangeVar | undefined, isJoined: boolean) {
  return { relation, alias: range?.alias?.aliasname ?? range?.relname ?? '', isJoined };
}

export function touch(judgement: Judgement, relation: Relation): void {
  relation.changedBy = `statement ${judgement.statement.number}`;
}
