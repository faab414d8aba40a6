import { nameOf, type NodeOf, partsOf, relationName } from '../parser/syntax-tree.js';
import { takenBy } from './conditions.js';
import type { Judgement } from './judgement.js';
import type { Relation } from './relation.js';

/** What is made on a table, and has a name there alone. */
export type Noun = 'trigger' | 'rule' | 'policy';

const UNUSED_FIRST = 'First deploy a build that does not use it; drop it in the release after.';

/** Says that a name is taken, unless what has it is replaced. */
function attach(judgement: Judgement, table: Relation, noun: Noun, name = '', replaces = false) {
  const what = `${noun} ${name}`;
  const isThere = table.attached.has(what);
  if (isThere && !replaces)
    judgement.fails({
      rule: `${noun}-exists`,
      text: `${table.name} has a ${noun} ${name} already.`,
    });
  if (!isThere) table.attached.set(what, { isNew: true });
}

/** @returns undefined where it is known not to be there, which is said unless it may be missing */
export function attached(
  judgement: Judgement,
  table: Relation,
  noun: Noun,
  name: string,
  mayBeMissing = false,
): { readonly isNew: boolean } | undefined {
  const found = table.attached.get(`${noun} ${name}`);
  if (found || !table.isKnown) return found ?? { isNew: false };
  if (!mayBeMissing)
    judgement.fails({ rule: `no-${noun}`, text: `${table.name} has no ${noun} ${name}.` });
  return undefined;
}

/** CREATE TRIGGER: it acts on what running builds write. */
export function createdTrigger(judgement: Judgement, node: NodeOf<'CreateTrigStmt'>): void {
  const { relation: range, trigname, replace = false } = node;
  const table = range && judgement.existing(relationName(range), 'table');
  if (!table) return;
  attach(judgement, table, 'trigger', trigname, replace);
  if (!table.isNew)
    judgement.notJudged(
      'create-trigger',
      `What the trigger does to rows of ${table.name} that running builds write.`,
    );
}

/** CREATE RULE: with INSTEAD, what running builds write is not written. */
export function createdRule(judgement: Judgement, node: NodeOf<'RuleStmt'>): void {
  const { relation: range, rulename = '', replace = false, event, instead, actions } = node;
  const table = range && judgement.existing(relationName(range), 'table');
  if (!table) return;
  attach(judgement, table, 'rule', rulename, replace);
  const verb = WRITES[event ?? ''];
  const returns = JSON.stringify(actions ?? []).includes('"returningClause"');
  if (instead && verb !== undefined)
    table.insteadOf.set(rulename, { event: verb.toLowerCase(), returns });
  if (table.isNew) return;
  const taken = takenBy(node.whereClause, { relation: table, alias: '', isJoined: true });
  if (taken === 'none') return;
  // A view may need one to be written at all.
  if (!instead || verb === undefined || table.kind === 'v') {
    judgement.notJudged(
      'create-rule',
      `What the rule does to rows of ${table.name} that running builds write.`,
    );
    return;
  }
  const which = taken === 'every' ? `Every ${verb}` : `An ${verb} that its WHERE takes`;
  judgement.breaks({
    rule: 'create-rule',
    text:
      actions === undefined || actions.length === 0
        ? `${which} of running builds on ${table.name} does nothing from then on, and is not refused either: what they write is lost.`
        : `${which} of running builds on ${table.name} does what the rule says instead.`,
    fix: 'Have no build write there first; a trigger that raises an error loses nothing without a word.',
  });
}

const WRITES: Readonly<Record<string, string>> = {
  CMD_INSERT: 'INSERT',
  CMD_UPDATE: 'UPDATE',
  CMD_DELETE: 'DELETE',
};

/** CREATE POLICY */
export function createdPolicy(judgement: Judgement, node: NodeOf<'CreatePolicyStmt'>): void {
  const table = node.table && judgement.existing(relationName(node.table), 'table');
  if (!table) return;
  attach(judgement, table, 'policy', node.policy_name);
  if (!table.isNew)
    judgement.notJudged(
      'create-policy',
      `Which rows of ${table.name} running builds see from then on.`,
    );
}

/** ALTER POLICY */
export function alteredPolicy(judgement: Judgement, node: NodeOf<'AlterPolicyStmt'>): void {
  const table = node.table && judgement.existing(relationName(node.table), 'table');
  if (!table || !attached(judgement, table, 'policy', node.policy_name ?? '')) return;
  if (!table.isNew)
    judgement.notJudged(
      'alter-policy',
      `Which rows of ${table.name} running builds see from then on.`,
    );
}

/** DROP TRIGGER, DROP RULE, DROP POLICY */
export function droppedAttached(judgement: Judgement, node: NodeOf<'DropStmt'>): void {
  const noun = nounOf(node.removeType);
  for (const object of node.objects ?? []) {
    const parts = partsOf(object);
    const name = parts.at(-1) ?? '';
    const table = judgement.existing(nameOf(parts.slice(0, -1)), 'table', node.missing_ok);
    if (!table) continue;
    const found = attached(judgement, table, noun, name, node.missing_ok);
    detach(table, noun, name);
    if (!found || found.isNew || table.isNew) continue;
    judgement.breaks({
      rule: `drop-${noun}`,
      text: `Running builds may rely on what ${noun} ${name} of ${table.name} does.`,
      fix: UNUSED_FIRST,
    });
  }
}

/** ALTER TRIGGER, ALTER RULE, ALTER POLICY ... RENAME: no build speaks of them by name. */
export function renamedAttached(
  judgement: Judgement,
  table: Relation,
  noun: Noun,
  { subname = '', newname }: NodeOf<'RenameStmt'>,
): void {
  const found = attached(judgement, table, noun, subname);
  if (!found) return;
  attach(judgement, table, noun, newname);
  const rule = noun === 'rule' ? table.insteadOf.get(subname) : undefined;
  detach(table, noun, subname);
  table.attached.set(`${noun} ${newname ?? ''}`, found);
  if (rule) table.insteadOf.set(newname ?? '', rule);
}

/** Leaves a table without it. */
export function detach(table: Relation, noun: Noun, name: string): void {
  table.attached.delete(`${noun} ${name}`);
  if (noun === 'rule') table.insteadOf.delete(name);
}

export function nounOf(type: NodeOf<'DropStmt'>['removeType']): Noun {
  if (type === 'OBJECT_RULE') return 'rule';
  return type === 'OBJECT_POLICY' ? 'policy' : 'trigger';
}
