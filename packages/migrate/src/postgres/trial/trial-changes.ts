import type { RangeVar } from 'libpg-query';
import type { Finding } from '../../verdicts/verdict.js';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, rangesIn } from '../parser/syntax-tree.js';
import { quoted } from '../verdicts/statement-parts.js';
import { inTrial } from './copied-relations.js';
import { cascades, droppedNames } from './dropped-names.js';
import { changedRelations, madeFunction, madeRange, madeTypes } from './trial-kinds.js';
import type { TrialNames } from './trial-names.js';
import type { TrialTransaction } from './trial-transaction.js';

/** Remembers what a statement has made that has been tried. @returns what is wrong with it that the copies do not show */
export async function remember(
  { node }: Statement,
  names: TrialNames,
  transaction: TrialTransaction,
): Promise<Finding | undefined> {
  const made = madeRange(node);
  if (made) names.make(made, asNode(node, 'ViewStmt') !== undefined);
  for (const type of madeTypes(node)) names.makeType(type);
  relate(node, names);
  const { renameType = '', relation, newname } = asNode(node, 'RenameStmt') ?? {};
  const renamed = relation && names.find(relation);
  if (renamed !== undefined && ['OBJECT_TABLE', 'OBJECT_VIEW'].includes(renameType)) {
    const isView = names.isView(renamed);
    names.drop(renamed);
    names.make({ ...relation, relname: newname ?? '' }, isView);
  }
  if (cascades(node)) names.forgetViews();
  const called = madeFunction(node);
  if (called === undefined) return undefined;
  // It is not found without its schema.
  names.forget(called);
  if (asNode(node, 'CreateFunctionStmt')?.replace === true) return undefined;
  const { rows } = await transaction.ask(SAME_FUNCTION, [called, names.currentSchema]);
  return rows.length === 0
    ? undefined
    : {
        verdict: 'WILL FAIL',
        rule: 'function-exists',
        text: `There is a function ${called} of these arguments already.`,
        fix: 'CREATE OR REPLACE replaces it.',
      };
}

/** Tables that inherit from each other from now on, and tables that have been changed. */
function relate(node: Statement['node'], names: TrialNames): void {
  const altered = asNode(node, 'AlterTableStmt');
  const found = rangesIn(node).flatMap((range) => names.find(range) ?? []);
  if (altered) for (const name of found) names.touch(name);
  const loses = allOf(altered?.cmds, 'AlterTableCmd').some(
    ({ subtype }) => subtype === 'AT_DropColumn' || subtype === 'AT_DropConstraint',
  );
  if (loses) for (const name of found) names.forgetHeirsOf(name);
  const parents = asNode(node, 'CreateStmt')?.inhRelations ?? [];
  const isOfParents = allOf(altered?.cmds, 'AlterTableCmd').some(
    ({ subtype }) => subtype === 'AT_AttachPartition' || subtype === 'AT_AddInherit',
  );
  if (parents.length > 0 || isOfParents) names.relate(found);
}

/** Of what a statement changes, nothing is known from now on. */
export function forget({ node }: Statement, names: TrialNames): void {
  for (const name of changedRelations(node)) names.forget(name);
  for (const name of madeTypes(node)) names.forgetType(name);
  const called = madeFunction(node);
  if (called !== undefined) names.forget(called);
  if (cascades(node)) names.forgetViews();
}

/** Drops the copies of what a DROP drops, and never more. @returns whether it is known what that is */
export async function drop(
  { node }: Statement,
  names: TrialNames,
  transaction: TrialTransaction,
): Promise<boolean> {
  const { removeType = '' } = asNode(node, 'DropStmt') ?? {};
  if (APART.has(removeType)) return true;
  const attached = ATTACHED[removeType];
  if (attached !== undefined) {
    for (const parts of droppedNames(node)) await dropAttached(attached, parts, names, transaction);
    return true;
  }
  const isOfTypes = removeType === 'OBJECT_TYPE' || removeType === 'OBJECT_DOMAIN';
  if (cascades(node) && (isOfTypes || CALLED.has(removeType))) return false;
  const isOfRelations = RELATIONS.has(removeType);
  if (!isOfRelations && !isOfTypes && !NAMED.has(removeType)) return false;
  for (const parts of droppedNames(node)) {
    const relname = parts.at(-1) ?? '';
    const schemaname = parts.at(-2);
    if (removeType === 'OBJECT_INDEX') await transaction.attempt(`DROP INDEX ${inTrial(relname)}`);
    else if (isOfRelations)
      await dropRelation(
        schemaname === undefined ? { relname } : { schemaname, relname },
        names,
        transaction,
      );
    else names.forget(relname);
  }
  if (cascades(node)) names.forgetViews();
  return true;
}

/** What the statements before have made of it in the copy, else nothing. */
async function dropAttached(
  kind: string,
  parts: readonly string[],
  names: TrialNames,
  transaction: TrialTransaction,
): Promise<void> {
  const [relname = '', name = ''] = parts.slice(-2);
  const schemaname = parts.at(-3);
  const table = names.find(schemaname === undefined ? { relname } : { schemaname, relname });
  if (table === undefined) return;
  const sql = `DROP ${kind} IF EXISTS ${quoted(name)} ON ${inTrial(table)}`;
  if (await transaction.attempt(sql)) names.forget(table);
}

async function dropRelation(
  range: RangeVar,
  names: TrialNames,
  transaction: TrialTransaction,
): Promise<void> {
  if (names.isFree(range)) return;
  const name = names.find(range);
  const kind = name !== undefined && names.isView(name) ? 'VIEW' : 'TABLE';
  if (name === undefined) names.forget(range.relname ?? '');
  else if (await transaction.attempt(`DROP ${kind} ${inTrial(name)} CASCADE`)) names.forget(name);
  else names.drop(name);
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW']);
const CALLED = new Set(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE']);

/** What is only unknown afterwards. */
const NAMED = new Set([...CALLED, 'OBJECT_INDEX', 'OBJECT_SEQUENCE']);

/** What the copies do not have. */
const APART = new Set(['OBJECT_STATISTIC_EXT']);

/** What hangs on a table, by the word for it. */
const ATTACHED: Readonly<Partial<Record<string, string>>> = {
  OBJECT_TRIGGER: 'TRIGGER',
  OBJECT_RULE: 'RULE',
  OBJECT_POLICY: 'POLICY',
};

const SAME_FUNCTION = `
SELECT FROM pg_proc made JOIN pg_proc there ON there.proname = made.proname AND there.proargtypes = made.proargtypes
 WHERE made.proname = $1 AND made.pronamespace = pg_my_temp_schema() AND there.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2)`;
