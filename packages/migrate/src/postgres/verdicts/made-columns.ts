import type { Judgement } from './judgement.js';
import { isGone, type Relation } from './relation.js';

/** The sequence of a `serial`, or of an identity column; it goes with the column. */
export function giveSequence({ schema }: Judgement, table: Relation, name: string): void {
  const sequence = schema.addGiven({ parts: [name], label: 'seq' }, table, 'S');
  const column = table.columns.get(name);
  if (!sequence || !column) return;
  table.columns.set(name, { ...column, sequence });
  const uses = () => [...table.columns.values()].some((each) => each.sequence === sequence);
  sequence.isGoneWithOwner = () => isGone(table) || !uses();
  sequence.dependents = [
    {
      what: `column ${table.name}.${name}`,
      column: null,
      owner: table,
      isThere: () =>
        [...table.columns.values()].some(
          (each) => each.sequence === sequence && each.isDefaultChanged !== true,
        ),
    },
  ];
}
