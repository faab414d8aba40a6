import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { rowsBetween } from '../rows/sql-blocks.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type Question, questionsOf } from './questions.js';

/** Of one SELECT. */
export const MAX_QUESTIONS = 300;

/** Rows that the source is asked about at once: in between, a server's answer and a signal are heard. */
const ROWS = { short: 250_000, long: 25_000 };

/** What one side says, by question. */
export type Answers = readonly unknown[];

/**
 * How many values each column of the source holds, and the least and the greatest of them.
 * @throws COPY_SOURCE_UNREADABLE, the reason of the signal
 */
export async function answersOfSource(
  source: SourceDatabase,
  table: TargetTable,
  signal: AbortSignal,
): Promise<Answers> {
  const answers: unknown[] = [];
  const ranges = rangesOf(source, table);
  for (const questions of portions(questionsOf(table, source.encoding))) {
    let found: Answers | undefined;
    for (const range of ranges) {
      await nextTurn();
      signal.throwIfAborted();
      const next = answersWithin(source, table, questions, range);
      found = found ? merged(questions, found, next) : next;
    }
    answers.push(...(found ?? []));
  }
  return answers;
}

/** The first and the last number of rows. */
type Range = readonly [first: bigint, last: bigint];

/**
 * All rows in ranges of their numbers, of about as many rows each; undefined for rows that have no numbers.
 * @throws COPY_SOURCE_UNREADABLE
 */
function rangesOf(source: SourceDatabase, table: TargetTable): readonly (Range | undefined)[] {
  const { place, rowid } = table.source;
  const { content } = table;
  if (rowid === undefined) return [undefined];
  // Each by itself is found without reading all of them.
  const [first, last] = answered(
    source,
    table,
    `SELECT (SELECT min(${rowid}) FROM ${place}), (SELECT max(${rowid}) FROM ${place})`,
  ) as readonly [bigint | null, bigint | null];
  if (first === null || last === null) return [undefined];
  const most = content.hasLongRows ? ROWS.long : ROWS.short;
  const count = BigInt(Math.max(1, Math.ceil(content.rows / most)));
  const width = (last - first) / count + 1n;
  return Array.from({ length: Number(count) }, (_, index): Range => {
    const from = first + BigInt(index) * width;
    return [from, index === Number(count) - 1 ? last : from + width - 1n];
  });
}

/** @throws COPY_SOURCE_UNREADABLE */
function answersWithin(
  source: SourceDatabase,
  table: TargetTable,
  questions: readonly Question[],
  range: Range | undefined,
): Answers {
  const asked = `SELECT ${questions.map(({ ofSource }) => ofSource).join(', ')}`;
  // One row comes back, also of no rows: what is asked alone needs none.
  if (questions.every(({ isAlone }) => isAlone)) return answered(source, table, asked);
  return range
    ? answered(source, table, `${asked} ${rowsBetween(table.source)}`, range)
    : answered(source, table, `${asked} FROM ${table.source.place}`);
}

/** @returns what one row holds @throws COPY_SOURCE_UNREADABLE */
function answered(
  { connection }: SourceDatabase,
  { name }: TargetTable,
  sql: string,
  values: readonly bigint[] = [],
): Answers {
  try {
    return connection
      .prepare(sql)
      .raw()
      .get(...values) as unknown[];
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** What is said of some rows, and what is said of others. */
function merged(questions: readonly Question[], some: Answers, others: Answers): Answers {
  return questions.map(({ what }, index) => {
    const [one, other] = [some[index], others[index]];
    if (one === null || other === null) return one ?? other;
    switch (what) {
      case 'values':
      case 'lengths':
        return (one as bigint) + (other as bigint);
      case 'least':
        return isLess(other, one) ? other : one;
      case 'greatest':
        return isLess(one, other) ? other : one;
    }
  });
}

/** In SQLite's order: of numbers, and of the bytes of texts. */
function isLess(one: unknown, other: unknown): boolean {
  return typeof one === 'string' && typeof other === 'string'
    ? Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0
    : (one as number) < (other as number);
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

function portions(questions: readonly Question[]): readonly (readonly Question[])[] {
  const count = Math.max(1, Math.ceil(questions.length / MAX_QUESTIONS));
  const size = Math.ceil(questions.length / count);
  return Array.from({ length: count }, (_, index) =>
    questions.slice(index * size, (index + 1) * size),
  ).filter(({ length }) => length > 0);
}
