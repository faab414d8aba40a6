import { setImmediate as nextTurn } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { rowsBetween } from '../rows/sql-blocks.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type Answers, portions } from './aggregates.js';
import { type Question, questionsOf } from './questions.js';

/** Rows that are asked about while something else has to be waited for: less than a millisecond. */
const SOME = { short: 2000, long: 100 };

/** Milliseconds that these take where there are more rows than was thought: the others have to wait. */
const TOO_LONG_MS = 100;

/** Rows that are asked about at once: in between, a server's answer and a signal are heard. */
const MANY = { short: 250_000, long: 25_000 };

/** What is asked in one SELECT. */
interface Portion {
  readonly questions: readonly Question[];
  readonly select: Sqlite.Statement;
}

/** Numbers of rows that have not been asked about yet; undefined for rows that have none. */
interface Rest {
  readonly next: bigint;
  readonly last: bigint;
  /** In which there is one row, as far as they are spread evenly. */
  readonly width: number;
}

/**
 * How many values each column of the source holds, and the least and the greatest of them: asked in pieces, whenever
 * there is time for one. Each row is read once.
 */
export class SourceAnswers {
  #portions: readonly Portion[] = [];
  #rest: Rest | undefined;
  #found: readonly Answers[] | undefined;
  #hasBegun = false;
  #isOver = false;
  #isPutOff = false;

  /** @param source whose snapshot stays the same until all is answered */
  constructor(
    private readonly source: SourceDatabase,
    private readonly table: TargetTable,
  ) {}

  /**
   * Asks about some rows. What is thrown is thrown by `all`.
   * @returns whether it may be called again
   */
  askSome(): boolean {
    if (!this.#mayGoOn) return false;
    const began = performance.now();
    try {
      this.#begin();
      // Rows without numbers can only be asked about all at once.
      if (this.#rest) this.#ask(this.#isLong ? SOME.long : SOME.short);
      else this.#isPutOff = true;
    } catch {
      this.#isPutOff = true;
    }
    if (performance.now() - began > TOO_LONG_MS) this.#isPutOff = true;
    return this.#mayGoOn;
  }

  /** Asks about the rows that are left. @throws COPY_SOURCE_UNREADABLE, the reason of the signal */
  async all(signal: AbortSignal): Promise<Answers> {
    while (!this.#isOver) {
      await nextTurn();
      signal.throwIfAborted();
      this.#begin();
      this.#ask(this.#isLong ? MANY.long : MANY.short);
    }
    return (this.#found ?? []).flat();
  }

  get #mayGoOn(): boolean {
    return !this.#isOver && !this.#isPutOff;
  }

  get #isLong(): boolean {
    return this.table.content.hasLongRows;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    const { source, table } = this;
    const { place, rowid } = table.source;
    if (rowid !== undefined) {
      // Each by itself is found without reading all of them.
      const [first, last] = this.#answered(
        this.#prepare(
          `SELECT (SELECT min(${rowid}) FROM ${place}), (SELECT max(${rowid}) FROM ${place})`,
        ),
      ) as readonly [bigint | null, bigint | null];
      if (first !== null && last !== null) {
        const width = Number(last - first + 1n) / Math.max(1, table.content.rows);
        this.#rest = { next: first, last, width };
      }
    }
    const rows = this.#rest ? rowsBetween(table.source) : `FROM ${place}`;
    this.#portions = portions(questionsOf(table, source.encoding)).map((questions) => ({
      questions,
      // A count beside what is asked alone has one row come back, also of no rows.
      select: this.#prepare(
        `SELECT ${['count(*)', ...questions.map(({ ofSource }) => ofSource)].join(', ')} ${rows}`,
      ),
    }));
    this.#hasBegun = true;
  }

  /** @param rows about so many; all of those that have no numbers */
  #ask(rows: number): void {
    const rest = this.#rest;
    const end = rest && lastOf(rest, rows);
    const range = rest && end !== undefined ? [rest.next, end] : [];
    const found = this.#portions.map(({ questions, select }, index) => {
      const answers = this.#answered(select, range).slice(1);
      const before = this.#found?.[index];
      return before ? merged(questions, before, answers) : answers;
    });
    this.#found = found;
    this.#isOver = !rest || end === rest.last;
    if (rest && end !== undefined) this.#rest = { ...rest, next: end + 1n };
  }

  #prepare(sql: string): Sqlite.Statement {
    return this.#readable(() => this.source.connection.prepare(sql).raw());
  }

  /** @returns what one row holds */
  #answered(select: Sqlite.Statement, values: readonly bigint[] = []): Answers {
    return this.#readable(() => select.get(...values) as unknown[]);
  }

  #readable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw unreadable(this.table.name, error);
    }
  }
}

/** The number with which so many rows end. */
function lastOf({ next, last, width }: Rest, rows: number): bigint {
  const end = next + BigInt(Math.ceil(rows * width)) - 1n;
  return end < last ? end : last;
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
