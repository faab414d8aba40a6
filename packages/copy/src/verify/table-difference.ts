import type pg from 'pg';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { aggregateDifference, type Answers } from './aggregates.js';
import { typeDifference } from './column-types.js';
import { generatedAgree } from './generated.js';

/**
 * Compares what is stored with the source in ways that know nothing of how the rows travelled.
 * @param full not only the types
 * @param isWhole no row was left out
 * @param given what the source says of its columns, where it has been asked already
 * @returns the first difference, for people; undefined for none
 */
export async function tableDifference(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
  {
    full,
    isWhole,
    given,
  }: { readonly full: boolean; readonly isWhole: boolean; readonly given?: Answers | undefined },
): Promise<string | undefined> {
  const ofTypes = await typeDifference(client, schema, table);
  if (ofTypes !== undefined || !full) return ofTypes;
  const ofValues = isWhole
    ? await aggregateDifference(client, schema, source, table, given)
    : undefined;
  if (ofValues !== undefined) return ofValues;
  const { created, generated } = table;
  return created || generated.length === 0 || (await generatedAgree(client, schema, source, table))
    ? undefined
    : 'generated columns are not computed as SQLite does';
}
