import type pg from 'pg';
import { countRows } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { Verification } from '../report.js';
import type { RowFormat } from '../rows/row-format.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { type Answers, answersOfTarget, type TargetAnswers } from './aggregates.js';
import { typeDifference } from './column-types.js';
import { type Question, questionsOf } from './questions.js';
import type { StoredRows } from './server-digest.js';
import { answersOfSource } from './source-answers.js';
import { digestedRows, readBackRows } from './stored-rows.js';
import { valueDifference } from './table-difference.js';

/** What was read of a table. */
export interface ReadRows {
  readonly rows: number;
  /** Null unless `--verify full`. */
  readonly digest: string | null;
}

/** What a server was asked about a table, and answers in this order. */
interface Asked {
  /** The first difference of its types. */
  readonly types: Promise<string | undefined>;
  /** Undefined where the server cannot digest the rows by itself. */
  readonly rows: Promise<Partial<StoredRows> | undefined>;
}

const OTHER_ROWS = 'what PostgreSQL has stored is not what was read';

/** Compares one table with what was read of it. */
export class TableComparison {
  #ofSource: Promise<Answers> | undefined;
  #ofServer: Asked | undefined;
  #targetDigest: string | undefined;

  constructor(
    private readonly work: {
      readonly source: SourceDatabase;
      readonly verification: Verification;
      readonly signal: AbortSignal;
    },
    private readonly table: TargetTable,
  ) {}

  /** Of what was stored when it was looked at last. */
  get targetDigest(): string | undefined {
    return this.#targetDigest;
  }

  /**
   * Has the source asked, from now on, what `valueDifference` compares: at a time when the server is busy. What is
   * thrown is thrown there.
   */
  askSource(): void {
    const { source, verification, signal } = this.work;
    if (verification !== 'full') return;
    this.#ofSource ??= answersOfSource(source, this.table, signal);
    this.#ofSource.catch(() => undefined);
  }

  /**
   * Has the server look at what is stored, behind all that it was sent: it goes on with that at once, whatever is done
   * here. What is thrown is thrown by `difference`.
   * @param client on which nothing is sent that needs answers until the server has looked
   * @param isNarrow whether no whole number of what was read has more than 32 bits
   * @returns when it has
   */
  async askServer(
    client: pg.Client,
    schema: string,
    format: RowFormat,
    isNarrow: boolean,
  ): Promise<void> {
    if (this.work.verification === 'none') return;
    this.#ofServer = this.#ask(client, schema, format, this.#questions(), isNarrow);
    await Promise.allSettled(Object.values(this.#ofServer));
  }

  /**
   * Compares types, the number of rows and, with `--verify full`, their values.
   * @returns the first difference, for people; undefined for none
   */
  async rowsDifference(
    client: pg.Client,
    schema: string,
    read: ReadRows,
    format: RowFormat,
  ): Promise<string | undefined> {
    const asked = this.#ask(client, schema, format, []);
    const { difference } = await this.#look(client, schema, read, format, [], asked);
    return difference;
  }

  /**
   * The same, and compares in ways that know nothing of how the rows travelled.
   * @param isWhole no row was left out
   * @param isCompared what `rowsDifference` compares is known to be the same
   * @throws COPY_SOURCE_UNREADABLE
   */
  async difference(
    client: pg.Client,
    schema: string,
    read: ReadRows,
    format: RowFormat,
    { isWhole, isCompared }: { readonly isWhole: boolean; readonly isCompared: boolean },
  ): Promise<string | undefined> {
    const { source, verification } = this.work;
    const { table } = this;
    const isFull = verification === 'full';
    const questions = isFull && isWhole ? this.#questions() : [];
    const ahead = this.#ofServer;
    this.#ofServer = undefined;
    const asked = isCompared ? undefined : (ahead ?? this.#ask(client, schema, format, questions));
    // The server reads meanwhile.
    if (isFull && isWhole) this.askSource();
    const { difference, ofTarget } = asked
      ? await this.#look(client, schema, read, format, questions, asked)
      : {};
    if (difference !== undefined || !isFull) return difference;
    if (!isWhole) return valueDifference(client, schema, source, table, undefined);
    return valueDifference(client, schema, source, table, {
      ofTarget: ofTarget ?? (await answersOfTarget(client, schema, table, questions)),
      ofSource: (await this.#ofSource) ?? [],
    });
  }

  #ask(
    client: pg.Client,
    schema: string,
    format: RowFormat,
    questions: readonly Question[],
    isNarrow = false,
  ): Asked {
    const { table } = this;
    const types = typeDifference(client, schema, table);
    const rows =
      this.work.verification === 'full'
        ? digestedRows(client, schema, table, format, questions, isNarrow)
        : countRows(client, schema, table).then((count) => ({ rows: count }));
    for (const answer of [types, rows]) answer.catch(() => undefined);
    return { types, rows };
  }

  /** Reads the rows back where the server has not digested them. */
  async #look(
    client: pg.Client,
    schema: string,
    { rows, digest }: ReadRows,
    format: RowFormat,
    questions: readonly Question[],
    asked: Asked,
  ): Promise<{
    readonly difference?: string | undefined;
    readonly ofTarget?: TargetAnswers | undefined;
  }> {
    const { table } = this;
    await Promise.allSettled(Object.values(asked));
    const ofTypes = await asked.types;
    if (ofTypes !== undefined) return { difference: ofTypes };
    const found: Partial<StoredRows> =
      (await asked.rows) ?? (await readBackRows(client, schema, table, format, questions));
    this.#targetDigest = found.digest;
    const isSame =
      found.rows === rows && (this.work.verification !== 'full' || found.digest === digest);
    return { difference: isSame ? undefined : OTHER_ROWS, ofTarget: found.asked };
  }

  #questions(): readonly Question[] {
    return questionsOf(this.table, this.work.source.encoding);
  }
}
