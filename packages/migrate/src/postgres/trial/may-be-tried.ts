import type { Node, RangeVar } from 'libpg-query';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, rangesIn } from '../parser/syntax-tree.js';
import { hidesTables } from './hidden-tables.js';
import { madeRange, QUERIES } from './trial-kinds.js';
import type { TrialNames } from './trial-names.js';

/** Whether all that the statement names is a copy, and nothing of the database's own is run or changed by it. */
export function mayBeTried(statement: Statement, names: TrialNames): boolean {
  const { node, type, text } = statement;
  const made = madeRange(node);
  const replaces =
    asNode(node, 'ViewStmt')?.replace === true && made && names.find(made) !== undefined;
  if (made && !replaces && !names.isFree(made)) return false;
  if (!names.isKnown(statement, replaces ? undefined : made)) return false;
  if (hidesTables(node)) return false;
  if (type === 'CreateFunctionStmt')
    return !hasSettings(node) && !mayLockRows(node, text) && names.isBodyKnown(text);
  if (type === 'SelectStmt') return true;
  if (QUERIES.includes(type)) return isOfTable(node, names);
  // It is not called: nothing is written to the copies.
  if (type === 'CreateTrigStmt') return true;
  const isOfCopies = rangesIn(asNode(node, 'IndexStmt')?.relation).every((range) =>
    names.isChangeable(names.find(range) ?? ''),
  );
  return isOfCopies && !names.callsOwn(node) && names.isHarmless(boundsOf(node)) && !isOwned(node);
}

/** Of partitions: they are computed as these are made. */
function boundsOf(node: Node): unknown[] {
  const { cmds } = asNode(node, 'AlterTableStmt') ?? {};
  return [
    asNode(node, 'CreateStmt')?.partbound,
    ...allOf(cmds, 'AlterTableCmd').map(({ def }) => asNode(def, 'PartitionCmd')?.bound),
  ];
}

/** Of a function: its text may write to tables that are no copies, which the server locks as it reads the text. */
function mayLockRows(node: Node, text: string): boolean {
  const { sql_body: body } = asNode(node, 'CreateFunctionStmt') ?? {};
  return body === undefined && /\b(insert|update|delete|merge|share)\b/i.test(text);
}

/** Views are written to by rules that the copies do not have. */
function isOfTable(node: Statement['node'], names: TrialNames): boolean {
  const { relation } = Object.values(node)[0] as { readonly relation?: RangeVar };
  const target = relation && names.find(relation);
  return target !== undefined && !names.isView(target);
}

/** Of a sequence: the column that it goes with would be looked for by its name. */
function isOwned(node: Statement['node']): boolean {
  return allOf(asNode(node, 'CreateSeqStmt')?.options, 'DefElem').some(
    ({ defname }) => defname === 'owned_by',
  );
}

/** Of a function: it may look for tables elsewhere. */
function hasSettings(node: Statement['node']): boolean {
  return allOf(asNode(node, 'CreateFunctionStmt')?.options, 'DefElem').some(
    ({ defname }) => defname === 'set',
  );
}
