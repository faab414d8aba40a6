import { allOf, functionsIn, type NodeOf, relationName } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';

const FIX = 'Set it beyond the greatest number that is in use.';

/** ALTER SEQUENCE */
export function alteredSequence(judgement: Judgement, node: NodeOf<'AlterSeqStmt'>): void {
  const { sequence: range, options, missing_ok: mayBeMissing } = node;
  const sequence = range && judgement.existing(relationName(range), 'sequence', mayBeMissing);
  const restarts = allOf(options, 'DefElem').some(({ defname }) => defname === 'restart');
  if (sequence && !sequence.isNew && restarts) setBack(judgement, sequence.name);
}

/** SELECT setval(...), which takes its sequence as a text. */
export function setsSequence(judgement: Judgement): void {
  if (functionsIn(judgement.statement.node).includes('setval')) setBack(judgement, 'a sequence');
}

function setBack(judgement: Judgement, name: string): void {
  judgement.destroys({
    rule: 'restart-sequence',
    text: `Loses how far ${name} has counted; numbers that are taken may be given again.`,
    fix: FIX,
  });
}
