import type { AlterTableCmd } from 'libpg-query';
import type { Judgement } from './judgement.js';
import { dropColumn, dropConstraint } from './dropped-with.js';
import { losingCheck, losingColumn, refuseInherited } from './inheritance.js';
import { needing, type Relation } from './relation.js';

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
  refuseInherited(judgement, relation, column, `column ${name}`);
  if (!relation.isNew && !(column && column.live === undefined)) {
    const hanging = needing(relation).filter((each) => each.column === name);
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
  for (const child of losingColumn(judgement, relation, name))
    dropColumn(judgement, child, name, behavior === 'DROP_CASCADE');
  dropColumn(judgement, relation, name, behavior === 'DROP_CASCADE');
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
  refuseInherited(judgement, relation, constraint, `constraint ${name}`);
  const drop = () => {
    const cascades = behavior === 'DROP_CASCADE';
    if (constraint?.type === 'c')
      for (const child of losingCheck(judgement, relation, name))
        dropConstraint(judgement, child, name, cascades);
    dropConstraint(judgement, relation, name, cascades);
  };
  const isKey = constraint?.type === 'p' || constraint?.type === 'u';
  const hanging = isKey ? needing(relation).find(({ index }) => index === name) : undefined;
  if (hanging && behavior !== 'DROP_CASCADE')
    judgement.fails({ rule: 'in-use', text: `${hanging.what} needs ${name} of ${relation.name}.` });
  if (isKey && !relation.isNew) {
    judgement.breaks({
      rule: 'drop-key',
      text: `INSERT ... ON CONFLICT of running builds fails without ${name} of ${relation.name}, and duplicates come in.`,
      fix: 'Deploy a build that does not rely on it first.',
    });
  }
  drop();
}
