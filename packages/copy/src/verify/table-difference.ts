import type pg from 'pg';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type Answers, answersDifference, type TargetAnswers } from './aggregates.js';
import { generatedAgree } from './generated.js';
import { questionsOf } from './questions.js';

/**
 * Compares what is stored with the source in ways that know nothing of how the rows travelled.
 * @param asked what both sides say of the columns; undefined when a row was left out
 * @returns the first difference, for people; undefined for none
 */
export async function valueDifference(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
  asked: { readonly ofSource: Answers; readonly ofTarget: TargetAnswers } | undefined,
): Promise<string | undefined> {
  const questions = questionsOf(table, source.encoding);
  const ofValues = asked && answersDifference(questions, asked.ofSource, asked.ofTarget);
  if (ofValues !== undefined) return ofValues;
  const { created, generated } = table;
  return created || generated.length === 0 || (await generatedAgree(client, schema, source, table))
    ? undefined
    : 'generated columns are not computed as SQLite does';
}
