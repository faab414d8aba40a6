import type { Judgement } from './judgement.js';
import { isGone, type Relation } from './relation.js';

/** A column whose type is the row type of a table keeps that from being written anew. */
export function holdRows(
  { schema }: Judgement,
  relation: Relation,
  { column, type }: { readonly column: string; readonly type: string },
): void {
  const table = schema.find(type);
  if (!table || table === relation) return;
  table.rowHolders = [
    ...table.rowHolders,
    {
      what: `${relation.name}.${column}`,
      isThere: () =>
        !isGone(relation) && relation.columns.get(column)?.type.replace(/^_/, '') === type,
    },
  ];
}

/** Says that a table cannot get other values in its rows, because rows of its are values elsewhere. */
export function refuseHeldRows(judgement: Judgement, { name, kind, rowHolders }: Relation): void {
  const holder = rowHolders.find(({ isThere }) => isThere());
  if (!holder || kind === 'p') return;
  judgement.fails({
    rule: 'rows-held',
    text: `${holder.what} holds rows of ${name} as values, which keeps ${name} from being written anew.`,
    fix: `Add the column without a default, or give ${holder.what} another type first.`,
  });
}
