import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type Question, questionsOf } from './questions.js';

/** Of one SELECT. */
export const MAX_QUESTIONS = 300;

/**
 * SELECTs that the source is asked at least: between two of them, a server's answer is heard. Each reads all rows, which
 * takes long where they are.
 */
const PARTS = { ofShortRows: 3, ofLongRows: 1 };

/** What one side says, by question. */
export type Answers = readonly unknown[];

/**
 * How many values each column of the source holds, and the least and the greatest of them.
 * @throws COPY_SOURCE_UNREADABLE, the reason of the signal
 */
export async function answersOfSource(
  { connection, encoding }: SourceDatabase,
  table: TargetTable,
  signal: AbortSignal,
): Promise<Answers> {
  const answers: unknown[] = [];
  const parts = table.content.hasLongRows ? PARTS.ofLongRows : PARTS.ofShortRows;
  for (const questions of portions(questionsOf(table, encoding), parts)) {
    await nextTurn();
    signal.throwIfAborted();
    // One row comes back, also of an empty table.
    const rows = questions.every(({ isAlone }) => isAlone) ? '' : `FROM ${table.source.place}`;
    try {
      answers.push(
        ...(connection
          .prepare(`SELECT ${questions.map(({ ofSource }) => ofSource).join(', ')} ${rows}`)
          .raw()
          .get() as unknown[]),
      );
    } catch (error) {
      throw unreadable(table.name, error);
    }
  }
  return answers;
}

/** SQL of what is asked of the target. */
export function asTexts(questions: readonly Question[]): readonly string[] {
  return questions.map(({ ofTarget }) => `(${ofTarget})::text`);
}

/** SQL: an order by bytes is that of SQLite. */
export const IS_UTF8 = `current_setting('server_encoding') = 'UTF8'`;

/** What a server says. */
export interface TargetAnswers {
  readonly answers: Answers;
  readonly isUtf8: boolean;
}

/** @param schema in which the table is */
export async function answersOfTarget(
  client: pg.Client,
  schema: string,
  { name }: TargetTable,
  all: readonly Question[],
): Promise<TargetAnswers> {
  const answers: unknown[] = [];
  let isUtf8 = false;
  for (const questions of portions(all, 1)) {
    const { rows } = await client.query<unknown[]>({
      text: `SELECT ${[IS_UTF8, ...asTexts(questions)].join(', ')} FROM ${quoted(schema)}.${quoted(name)}`,
      rowMode: 'array',
    });
    const [encoding, ...values] = rows[0] ?? [];
    isUtf8 = encoding === true;
    answers.push(...values);
  }
  return { answers, isUtf8 };
}

/**
 * Compares how many values each column holds, and the least and the greatest of them where both sides
 * put them in the same order.
 * @returns the first difference, for people; undefined for none
 */
export function answersDifference(
  questions: readonly Question[],
  ofSource: Answers,
  { answers, isUtf8 }: TargetAnswers,
): string | undefined {
  for (const [index, { column, what, asText, isByBytes }] of questions.entries()) {
    if (isByBytes && !isUtf8) continue;
    const [one, other] = [ofSource[index], answers[index]].map((value) =>
      value === null ? 'none' : asText(value),
    );
    if (one !== other) return `column ${column.name}: the ${what} differ`;
  }
  return undefined;
}

function portions(questions: readonly Question[], least: number): readonly (readonly Question[])[] {
  const count = Math.max(least, Math.ceil(questions.length / MAX_QUESTIONS));
  const size = Math.ceil(questions.length / count);
  return Array.from({ length: count }, (_, index) =>
    questions.slice(index * size, (index + 1) * size),
  ).filter(({ length }) => length > 0);
}
