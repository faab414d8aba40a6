import type { AlterTableCmd } from 'libpg-query';
import type { Judgement } from './judgement.js';
import type { Relation } from './schema-model.js';

export function noConstraint(judgement: Judgement, table: string, name: string): void {
  judgement.fails({ rule: 'no-constraint', text: `${table} has no constraint ${name}.` });
}

/** ALTER TABLE ... DROP COLUMN */
export function droppedColumn(
  judgement: Judgement,
  relation: Relation,
  command: AlterTableCmd,
): void {
  const { name = '', behavior, missing_ok: mayBeMissing = false } = command;
  const column = judgement.column(relation, name, mayBeMissing);
  if (!column && relation.isKnown) return;
  if (!relation.isNew && !(column && column.live === undefined)) {
    const hanging = relation.dependents.filter((each) => each.column === name);
    const cascades = behavior === 'DROP_CASCADE';
    const [first] = hanging;
    if (first && !cascades)
      judgement.fails({
        rule: 'in-use',
        text: `${first.what} needs ${relation.name}.${name}.`,
        fix: `Change or drop ${first.what} first.`,
      });
    const besides = hanging.map(({ what }) => what).join(', ');
    const lost = {
      rule: 'drop-column',
      text: `Drops all that column ${name} of ${relation.name} holds${cascades && besides ? `, and ${besides}` : ''}.`,
      fix: 'Drop it in a later release, when no build uses it and a backup has it.',
    };
    if (cascades && first) judgement.destroys(lost);
    else judgement.destroysRows(relation, lost);
    judgement.breaks({
      rule: 'drop-column',
      text: `Running builds may read or write ${name} of ${relation.name}.`,
      fix: 'First deploy a build that does not use it; drop it in the release after.',
    });
  }
  relation.columns.delete(name);
  const without = ([, { columns }]: readonly [string, { columns: readonly string[] | null }]) =>
    columns?.includes(name) === true;
  for (const each of [...relation.constraints].filter(without))
    relation.constraints.delete(each[0]);
  for (const each of [...relation.indexes].filter(without)) relation.indexes.delete(each[0]);
}

/** ALTER TABLE ... DROP CONSTRAINT */
export function droppedConstraint(
  judgement: Judgement,
  relation: Relation,
  command: AlterTableCmd,
): void {
  const { name = '', behavior, missing_ok: mayBeMissing = false } = command;
  const constraint = relation.constraints.get(name);
  if (!constraint && relation.isKnown && !mayBeMissing)
    noConstraint(judgement, relation.name, name);
  if (!relation.isKnown)
    judgement.notJudged(
      'drop-key',
      `Whether running builds rely on ${name} of ${relation.name}, as ON CONFLICT does on a key.`,
    );
  if (!constraint || relation.isNew) return void relation.constraints.delete(name);
  if (constraint.type === 'p' || constraint.type === 'u') {
    const hanging = relation.dependents.find(
      ({ what, column }) =>
        what.startsWith('foreign key') && constraint.columns.includes(column ?? ''),
    );
    if (hanging && behavior !== 'DROP_CASCADE')
      judgement.fails({
        rule: 'in-use',
        text: `${hanging.what} needs ${name} of ${relation.name}.`,
      });
    judgement.breaks({
      rule: 'drop-key',
      text: `INSERT ... ON CONFLICT of running builds fails without ${name} of ${relation.name}, and duplicates come in.`,
      fix: 'Deploy a build that does not rely on it first.',
    });
  }
  relation.constraints.delete(name);
  relation.indexes.delete(name);
}
