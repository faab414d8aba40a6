import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from './reasons.js';
import { Chunks } from './chunks.js';
import type { CopyListener } from './options.js';
import type { TableReport, Verification } from './report.js';
import type { RejectedRow } from './rows/convert-rows.js';
import type { RowCounts } from './rows/reading.js';
import { formatFor, type RowFormat } from './rows/row-format.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import { send } from './postgres/load.js';
import { inOrder, pipelined, type Sent, type Statement } from './postgres/pipeline.js';
import { EMPTY, NO_PROGRESS, type TableProgress } from './postgres/progress.js';
import { refusalOf } from './postgres/refusal.js';
import type { Staging } from './postgres/staging.js';
import type { TargetTable } from './postgres/target-table.js';
import { ASYNCHRONOUS, atOnce, sendTransactions } from './postgres/transaction.js';
import type { RowsDigest } from './verify/rows-digest.js';
import { type ReadRows, TableComparison } from './verify/table-comparison.js';

/** Rejects of one table that an interrupted copy remembers; with more, the table is loaded again. */
const MAX_REJECTS = 10_000;

const NOTHING_SENT: Sent = { done: Promise.resolve() };

/** What all tables of a copy are copied with. */
export interface CopyWork {
  readonly source: SourceDatabase;
  readonly verification: Verification;
  /** Tables are made, and stay empty. */
  readonly withoutRows: boolean;
  readonly listener: CopyListener;
  readonly rejected: (row: RejectedRow) => void;
  /** Ends the copy with its reason. */
  readonly signal: AbortSignal;
}

/** One table on its way. */
export class CopiedTable {
  #counts: RowCounts = { rowsRead: 0, rowsRejected: 0, bytes: 0, rowid: undefined };
  #rejects: RejectedRow[] = [];
  #format: RowFormat | undefined;
  /** Of what was read, as far as it was taken. */
  #sourceDigest: string | RowsDigest | undefined;
  #written = 0;
  #reused = 0;
  #seconds = 0;
  readonly #comparison: TableComparison;
  /** What is stored has just been compared. */
  #compared = false;

  constructor(
    private readonly work: CopyWork,
    readonly table: TargetTable,
  ) {
    this.#comparison = new TableComparison(work, table);
  }

  /** Goes through the rows and sends nothing. */
  async convertAll(): Promise<void> {
    const { done } = await this.#timed(async () => {
      const blocks = this.work.withoutRows ? undefined : this.#blocks();
      while (blocks && blocks.next().done !== true) await nextTurn();
      return NOTHING_SENT;
    });
    await done;
  }

  /**
   * Loads the table into the staging schema, from where it was interrupted if what it has there is
   * what was read; else from the start.
   * @param create makes the table; absent: as the one that exists
   * @param keys what it gets at the end, together with its rows where they are few; else it is not `keyed` yet
   * @returns when all is sent
   */
  load(
    client: pg.Client,
    staging: Staging,
    create: string | undefined,
    keys?: readonly Statement[],
  ): Promise<Sent> {
    return this.#timed(async () => {
      const { table, work } = this;
      const found = staging.progressOf(table.name);
      const isStored = !work.withoutRows && (await this.#isStored(client, staging, found));
      if (isStored) this.#restore(found);
      if (found.loaded && (isStored || work.withoutRows)) return NOTHING_SENT;
      const creating = isStored ? [] : staging.creating(table, create);
      const named = (error: unknown) => {
        throw refusalOf(table.name, error);
      };
      if (work.withoutRows) {
        const made = atOnce(client, [...creating, staging.saving(table.name, EMPTY)]);
        return { done: made.catch(named) };
      }
      const { done } = await this.#sendRows(client, staging, creating, keys).catch(named);
      return { done: done.catch(named) };
    });
  }

  /**
   * Asks the server what `verify` will compare, behind what it was sent.
   * @returns when it has answered
   */
  async askServer(client: pg.Client, schema: string): Promise<void> {
    if (this.#counts.rowsRejected > 0 || this.#compared) return;
    await this.#comparison.askServer(client, schema, this.#rowFormat(), this.#isNarrow());
  }

  /** The same of the source. */
  askSource(): void {
    if (this.#counts.rowsRejected === 0) this.#comparison.askSource();
  }

  /** @throws COPY_MISMATCH, COPY_SOURCE_UNREADABLE */
  async verify(client: pg.Client, schema: string): Promise<void> {
    const { name } = this.table;
    const { rowsRead, rowsRejected } = this.#counts;
    const expected = rowsRead - rowsRejected;
    if (this.work.verification === 'none') return;
    if (this.#written !== expected)
      throw mismatch(name, `${this.#written} rows were written of ${expected}`);
    const read = { rows: expected, digest: this.#digestOfSource() };
    const difference = await this.#comparison.difference(client, schema, read, this.#rowFormat(), {
      isWhole: rowsRejected === 0,
      isCompared: this.#compared,
    });
    if (difference !== undefined) throw mismatch(name, difference);
  }

  /** As `verify`, of where the table is now, whatever was compared before. */
  async verifyAgain(client: pg.Client, schema: string): Promise<void> {
    this.#compared = false;
    await this.verify(client, schema);
  }

  /** Whether a table has exactly the rows that were judged. */
  isStoredIn(client: pg.Client, schema: string): Promise<boolean> {
    this.#written = this.#counts.rowsRead - this.#counts.rowsRejected;
    return this.#isSame(client, schema, { rows: this.#written, digest: this.#digestOfSource() });
  }

  report(): TableReport {
    const { rowsRead, rowsRejected, bytes } = this.#counts;
    return {
      table: this.table.name,
      created: this.table.created,
      format: this.#rowFormat().name,
      rows_read: rowsRead,
      rows_written: this.#written,
      rows_rejected: rowsRejected,
      rows_reused: this.#reused,
      bytes,
      seconds: this.#seconds,
      source_digest: this.#digestOfSource(),
      target_digest: this.#comparison.targetDigest ?? null,
    };
  }

  /**
   * Rows and progress in one transaction: neither is there without the other. The switch is what lasts.
   * @param creating what makes the table
   */
  async #sendRows(
    client: pg.Client,
    staging: Staging,
    creating: readonly Statement[],
    keys: readonly Statement[] | undefined,
  ): Promise<Sent> {
    const { name } = this.table;
    const blocks = this.#blocks();
    const chunks = new Chunks(blocks, () => this.#counts.isWithinRow === true);
    let [opening, finishing] = [creating, keys];
    try {
      return await sendTransactions(client, async () => {
        const opened = pipelined(client, [ASYNCHRONOUS, ...opening]);
        const { written } = await this.#sendChunk(client, staging, chunks);
        const isLast = chunks.ended;
        const last = isLast ? finishing : undefined;
        const read = { ...this.#progress(), loaded: isLast, keyed: last !== undefined };
        [opening, finishing] = [[], undefined];
        return {
          isLast,
          answered: inOrder(Promise.allSettled([opened, written])),
          closing: () => {
            const progress = { ...staging.progressOf(name), ...read };
            return [...(last ?? []), staging.savingWritten(name, progress)];
          },
          committed: (answers) => {
            staging.tellWritten(name, answers.at(-2));
          },
        };
      });
    } finally {
      // The statement that reads would keep the file from being closed.
      blocks.return();
    }
  }

  async #sendChunk(client: pg.Client, staging: Staging, chunks: Chunks) {
    const { rowsRead, rowsRejected } = this.#counts;
    const before = rowsRead - rowsRejected;
    const format = this.#rowFormat();
    const sent = await send(client, staging.schema, this.table, format, chunks.next(), before);
    const written = sent.written.then((rows) => (this.#written += rows));
    written.catch(() => undefined);
    return { written };
  }

  #progress() {
    const { rowsRead, rowsRejected, bytes, rowid } = this.#counts;
    return {
      after: rowid === undefined ? null : String(rowid),
      rowsRead,
      rowsRejected,
      rowsWritten: rowsRead - rowsRejected,
      bytes,
      digest: this.#digestOfSource(),
      rejects: this.#rejects,
    };
  }

  /** A table that the server has emptied after a crash, for one, is not. */
  async #isStored(client: pg.Client, staging: Staging, found: TableProgress): Promise<boolean> {
    if (found === NO_PROGRESS || (!found.loaded && found.after === null)) return false;
    const { rowsWritten, digest, rowsRejected, rejects } = found;
    // Not all of them are known any more: they have to be found again.
    if (rowsRejected > rejects.length) return false;
    const isStored = await this.#isSame(client, staging.schema, { rows: rowsWritten, digest });
    this.#compared = isStored && found.loaded;
    return isStored;
  }

  async #isSame(client: pg.Client, schema: string, read: ReadRows): Promise<boolean> {
    const format = this.#rowFormat();
    return (await this.#comparison.rowsDifference(client, schema, read, format)) === undefined;
  }

  #restore({ rowsRead, rowsRejected, rowsWritten, bytes, after, digest, rejects }: TableProgress) {
    const rowid = after === null ? undefined : BigInt(after);
    this.#counts = { rowsRead, rowsRejected, bytes, rowid };
    this.#written = rowsWritten;
    this.#reused = rowsRead;
    this.#sourceDigest = digest ?? undefined;
    this.work.listener.rowsReused(this.table.name, rowsRead, bytes);
    for (const row of rejects) this.#reject(row);
  }

  #reject(row: RejectedRow): void {
    if (this.#rejects.length < MAX_REJECTS) this.#rejects.push(row);
    this.work.rejected(row);
  }

  #digestOfSource(): string | null {
    return this.#sourceDigest === undefined ? null : String(this.#sourceDigest);
  }

  #isNarrow(): boolean {
    return typeof this.#sourceDigest === 'object' && this.#sourceDigest.isPlain === true;
  }

  #rowFormat(): RowFormat {
    return (this.#format ??= formatFor(this.work.source, this.table));
  }

  *#blocks(): Generator<Buffer, void, undefined> {
    const { name } = this.table;
    const { listener, signal, verification } = this.work;
    const before = this.#digestOfSource() ?? undefined;
    const { blocks, digest } = this.#rowFormat().read({
      counts: this.#counts,
      rejected: (row) => {
        this.#reject(row);
      },
      digest: verification === 'full' ? { before } : undefined,
    });
    this.#sourceDigest = digest;
    for (const block of blocks) {
      signal.throwIfAborted();
      listener.rowsRead(name, this.#counts.rowsRead, this.#counts.bytes);
      yield block;
    }
  }

  async #timed(work: () => Promise<Sent>): Promise<Sent> {
    const { name, content } = this.table;
    this.work.signal.throwIfAborted();
    this.work.listener.tableStarted(name, content.rows);
    const started = performance.now();
    const { done } = await work();
    const ended = done.then(() => {
      this.#seconds = (performance.now() - started) / 1000;
      this.work.listener.tableEnded(name);
    });
    ended.catch(() => undefined);
    return { done: ended };
  }
}

function mismatch(table: string, detail: string): ReasonError {
  return new ReasonError('COPY_MISMATCH', { detail: `${table}: ${detail}` });
}
