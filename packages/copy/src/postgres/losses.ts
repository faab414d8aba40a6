import type { ColumnContent } from '../sqlite/contents.js';
import type { AddNote } from './definition.js';
import type { TargetTable } from './target-table.js';

/** Tells what the table has in SQLite and PostgreSQL has nothing like. */
export function noteLosses({ source, columns, content }: TargetTable, note: AddNote): void {
  for (const { kind, columns: on, condition, onConflict } of source.constraints) {
    if (onConflict === undefined) continue;
    const what = condition.length > 0 ? [condition.map(({ text }) => text).join(' ')] : on;
    note(
      `${kind.toUpperCase()} (${what.join(', ')}): ON CONFLICT ${onConflict} is left out, the statement ends with an error`,
    );
  }
  for (const column of columns) {
    if (column.isRuled === true || !MADE.includes(column.type)) continue;
    const held = content.columns.get(column.source.name);
    const text = held && !content.isAssumed ? mixture(held) : undefined;
    if (text !== undefined)
      note(`column ${column.name}: holds ${text}, all of them as ${column.type}`);
  }
  const isKeyed = source.primaryKey.length > 0 || source.indexes.some(({ unique }) => unique);
  if (!isKeyed) note('it has no key: the numbers of its rows (rowid) are left out');
}

/** Types that are concluded from what a column holds. */
const MADE = ['double precision', 'numeric', 'text', 'bytea'];

/** @returns undefined for values of one class */
function mixture({ integers, reals, texts, blobs }: ColumnContent): string | undefined {
  const held = Object.entries({ integers, reals, texts, blobs }).filter(([, count]) => count > 0);
  if (held.length < 2) return undefined;
  return held.map(([kind, count]) => `${count} ${kind}`).join(', ');
}
