import { setImmediate as nextTurn } from 'node:timers/promises';
import { rowsBetween } from '../rows/sql-blocks.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type Answers, portions } from './aggregates.js';
import { type Question, questionsOf } from './questions.js';

/** Rows that the source is asked about at once: in between, a server's answer and a signal are heard. */
const ROWS = { short: 250_000, long: 25_000 };

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
