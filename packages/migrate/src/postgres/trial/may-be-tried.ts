import type { RangeVar } from 'libpg-query';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, functionsIn, rangesIn } from '../parser/syntax-tree.js';
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
  if (type === 'CreateFunctionStmt') return names.isBodyKnown(text);
  if (type === 'SelectStmt') return true;
  if (QUERIES.includes(type)) return isOfTable(node, names);
  // It is not called: nothing is written to the copies.
  if (type === 'CreateTrigStmt') return true;
  const isOfCopies = rangesIn(asNode(node, 'IndexStmt')?.relation).every((range) =>
    names.isChangeable(names.find(range) ?? ''),
  );
  return isOfCopies && names.ownFunctions(node).length === 0 && !isOwned(node);
}

/** Functions of users may do anything, also to what the statements after it find. */
export function mayDoAnything({ node, type }: Statement, names: TrialNames): boolean {
  return (
    functionsIn(node).includes('set_config') ||
    (type === 'SelectStmt' && names.ownFunctions(node).length > 0)
  );
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
