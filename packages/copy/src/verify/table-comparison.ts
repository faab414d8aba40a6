import type pg from 'pg';
import { countRows } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { Verification } from '../report.js';
import type { RowFormat } from '../rows/row-format.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import {
  type Answers,
  answersOfSource,
  answersOfTarget,
  type TargetAnswers,
} from './aggregates.js';
import { typeDifference } from './column-types.js';
import { type Question, questionsOf } from './questions.js';
import type { StoredRows } from './server-digest.js';
import { digestedRows, storedRows } from './stored-rows.js';
import { valueDifference } from './table-difference.js';

/** What was read of a table. */
export interface ReadRows {
  readonly rows: number;
  /** Null unless `--verify full`. */
  readonly digest: string | null;
}

const OTHER_ROWS = 'what PostgreSQL has stored is not what was read';

/** Compares one table with what was read of it. */
export class TableComparison {
  #ofSource: Promise<Answers> | undefined;
  #ofServer: Promise<StoredRows | undefined> | undefined;
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
   * Has the server look at what is stored, behind all that it was sent, where it can do so by itself: it goes on with
   * that at once, whatever is done here. What is thrown is thrown by `difference`.
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
    if (this.work.verification !== 'full') return;
    const questions = this.#questions();
    this.#ofServer = digestedRows(client, schema, this.table, format, questions, isNarrow);
    await this.#ofServer.catch(() => undefined);
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
    const { difference } = await this.#look(client, schema, read, () =>
      storedRows(client, schema, this.table, format, []),
    );
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
    const isAsked = isWhole && verification === 'full';
    const questions = isAsked ? this.#questions() : [];
    const ahead = this.#ofServer;
    this.#ofServer = undefined;
    const { difference, asked } = isCompared
      ? {}
      : await this.#look(client, schema, read, () => {
          const stored = storedRows(client, schema, table, format, questions, ahead);
          // The server reads meanwhile.
          if (isAsked) this.askSource();
          return stored;
        });
    if (difference !== undefined || verification !== 'full') return difference;
    if (!isAsked) return valueDifference(client, schema, source, table, undefined);
    this.askSource();
    const ofTarget = asked ?? (await answersOfTarget(client, schema, table, questions));
    const ofSource = (await this.#ofSource) ?? [];
    return valueDifference(client, schema, source, table, { ofSource, ofTarget });
  }

  /** @param stored has the rows looked at with `--verify full` */
  async #look(
    client: pg.Client,
    schema: string,
    { rows, digest }: ReadRows,
    stored: () => Promise<StoredRows>,
  ): Promise<{ readonly difference?: string | undefined; readonly asked?: TargetAnswers }> {
    const { table } = this;
    const isFull = this.work.verification === 'full';
    const typing = typeDifference(client, schema, table);
    const looking: Promise<Partial<StoredRows>> = isFull
      ? stored()
      : countRows(client, schema, table).then((count) => ({ rows: count }));
    await Promise.allSettled([typing, looking]);
    const ofTypes = await typing;
    if (ofTypes !== undefined) return { difference: ofTypes };
    const found = await looking;
    this.#targetDigest = found.digest;
    const isSame = found.rows === rows && (!isFull || found.digest === digest);
    return {
      difference: isSame ? undefined : OTHER_ROWS,
      ...(found.asked && { asked: found.asked }),
    };
  }

  #questions(): readonly Question[] {
    return questionsOf(this.table, this.work.source.encoding);
  }
}
