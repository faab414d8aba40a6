import { isWidened } from '@holdfast/postgres/verification/widened';
import type { TableUse } from './statement-use.js';
import type { ColumnFacts, TableFacts } from './table-facts.js';

/** A table before and after a migration. */
export interface TableChange {
  readonly before: TableFacts;
  readonly after: TableFacts;
}

/** Whether a value of the column comes from a statement. */
export function isWritten({ inserts, updates }: TableUse, column: string): boolean {
  return (
    updates.includes(column) ||
    inserts.some((columns) => columns === undefined || columns.includes(column))
  );
}

/** Whether an INSERT leaves the column to the server. */
export function isLeftOut({ inserts }: TableUse, column: string): boolean {
  return inserts.some((columns) => columns !== undefined && !columns.includes(column));
}

function isUsed(use: TableUse, column: string): boolean {
  return isWritten(use, column) || ['*', column].some((name) => use.mentions.includes(name));
}

/** In what the columns are not what statements that can be prepared take them for. */
export function judgeColumns({ before, after }: TableChange, use: TableUse): readonly string[] {
  const isSameTable = before.oid === after.oid;
  return [
    ...judgeOrder({ before, after }, use),
    ...after.columns.flatMap((column) => {
      const place = `${after.name}.${column.name}`;
      const old = before.columns.find(({ name }) => name === column.name);
      if (!old) return judgeNew(place, column, use);
      if (isSameTable && old.number !== column.number && isUsed(use, column.name))
        return [`${place} is another column than it was`];
      return judgeOld(place, old, column, use);
    }),
  ];
}

/** For statements that name no columns. */
function judgeOrder({ before, after }: TableChange, use: TableUse): string[] {
  const [old, now] = [before, after].map(({ columns }) => columns.map(({ name }) => name));
  if (use.inserts.includes(undefined) && old?.some((name, place) => now?.[place] !== name))
    return [`an INSERT names no columns, and ${after.name} has others in their places`];
  const gone = old?.find((name) => now?.includes(name) !== true);
  if (gone !== undefined && use.mentions.includes('*'))
    return [`all columns of ${after.name} are read, and ${gone} is gone`];
  return [];
}

function isFilled({ default: value, generated, identity }: ColumnFacts): boolean {
  return value !== null || generated || identity;
}

function judgeNew(place: string, column: ColumnFacts, { inserts }: TableUse): string[] {
  if (inserts.length === 0) return [];
  const [withheld] = column.withheld;
  return [
    ...(column.notNull && !isFilled(column)
      ? [`${place} has to be given, and an INSERT leaves it out`]
      : []),
    ...(withheld === undefined ? [] : [`${withheld} may not use the sequence that fills ${place}`]),
  ];
}

function judgeOld(place: string, old: ColumnFacts, column: ColumnFacts, use: TableUse): string[] {
  return [
    ...(isUsed(use, column.name) ? judgeType(place, old, column, use) : []),
    ...judgeNull(place, old, column, use),
    ...judgeStorage(place, old, column, use),
    ...judgeDefault(place, old, column, use),
    ...(!old.generated && column.generated && isWritten(use, column.name)
      ? [`${place} takes no value any more`]
      : []),
  ];
}

function judgeType(place: string, old: ColumnFacts, column: ColumnFacts, use: TableUse): string[] {
  if (old.type !== column.type)
    return isWidened(old.type, column.type)
      ? []
      : [`${place} is ${column.type}, and was ${old.type}`];
  if (old.collation !== column.collation) return [`${place} is compared by another collation`];
  const isLabel = (limit: string) => limit.startsWith('label ');
  const gone = old.limits.filter((limit) => isLabel(limit) && !column.limits.includes(limit));
  const added = column.limits.filter((limit) => !isLabel(limit) && !old.limits.includes(limit));
  return [
    ...gone.map((limit) => `the type of ${place} has no ${limit} any more`),
    ...(isWritten(use, column.name)
      ? added.map((limit) => `the type of ${place} has ${limit}, for what is written`)
      : []),
  ];
}

function judgeNull(place: string, old: ColumnFacts, column: ColumnFacts, use: TableUse): string[] {
  if (old.notNull || !column.notNull) return [];
  if (isWritten(use, column.name)) return [`${place} takes no NULL any more, and is written`];
  const isMissing = !isFilled(column) && isLeftOut(use, column.name);
  return isMissing ? [`${place} takes no NULL any more, and an INSERT leaves it out`] : [];
}

function judgeStorage(
  place: string,
  old: ColumnFacts,
  column: ColumnFacts,
  use: TableUse,
): string[] {
  const isBound = column.storage === 'p' && old.storage !== 'p' && isUsed(use, column.name);
  return isBound ? [`what is written to ${place} has to fit into a page`] : [];
}

function judgeDefault(
  place: string,
  old: ColumnFacts,
  column: ColumnFacts,
  use: TableUse,
): string[] {
  if (!isFilled(old) || !isLeftOut(use, column.name)) return [];
  if (isFilled(column)) {
    const isOther = old.default !== column.default && isUsed(use, column.name);
    return isOther ? [`${place} has another default, and an INSERT leaves it out`] : [];
  }
  // Of one that was required before and is not any more, nothing but NULL is left.
  if (!column.notNull && !isUsed(use, column.name)) return [];
  return [`${place} has lost its default, and an INSERT leaves it out`];
}
