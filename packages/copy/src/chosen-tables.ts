import { isJournals } from './follow/journal-sql.js';
import type { CopyOptions } from './options.js';
import { STATE_TABLE, TRANSACTIONS_TABLE } from './postgres/progress.js';
import { ReasonError } from './reasons.js';
import { matches } from './selection.js';
import { readTables, type SourceTables } from './sqlite/read-tables.js';
import type { SourceDatabase } from './sqlite/source-database.js';

/** What there is to copy, as the options choose. @throws COPY_TABLE_UNKNOWN */
export function chosenTables(
  { connection }: SourceDatabase,
  {
    only,
    exclude,
    excludeIfThere,
    never,
  }: Pick<CopyOptions, 'only' | 'exclude' | 'excludeIfThere' | 'never'>,
): Pick<SourceTables, 'tables' | 'skipped'> {
  const { tables, unwanted, skipped } = readTables(
    connection,
    (name) =>
      (only === undefined || isAmong(only, name)) &&
      !isAmong([...exclude, ...excludeIfThere], name) &&
      !isJournals(name) &&
      ![...never, STATE_TABLE, TRANSACTIONS_TABLE].includes(name),
  );
  const chosen = tables.map(({ name }) => name);
  const known = [...chosen, ...unwanted, ...skipped.map(({ name }) => name)];
  const unknown =
    only?.find((pattern) => !chosen.some((name) => matches(pattern, name))) ??
    exclude.find((pattern) => !known.some((name) => matches(pattern, name)));
  if (unknown !== undefined)
    throw new ReasonError('COPY_TABLE_UNKNOWN', { detail: JSON.stringify(unknown) });
  const excluded = unwanted.filter((name) => isAmong([...exclude, ...excludeIfThere], name));
  const left = skipped.filter(({ name }) => !isJournals(name));
  return {
    tables,
    skipped: [...left, ...excluded.map((name) => ({ kind: 'table', name }) as const)],
  };
}

function isAmong(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}
