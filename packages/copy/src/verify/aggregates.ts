import type pg from 'pg';
import { quoted } from '../sqlite/identifiers.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { Question } from './questions.js';

/** Of one SELECT. */
export const MAX_QUESTIONS = 300;

/** What one side says, by question. */
export type Answers = readonly unknown[];

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
  for (const questions of portions(all)) {
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

/** As many at once as one SELECT takes. */
export function portions(questions: readonly Question[]): readonly (readonly Question[])[] {
  const count = Math.max(1, Math.ceil(questions.length / MAX_QUESTIONS));
  const size = Math.ceil(questions.length / count);
  return Array.from({ length: count }, (_, index) =>
    questions.slice(index * size, (index + 1) * size),
  ).filter(({ length }) => length > 0);
}
