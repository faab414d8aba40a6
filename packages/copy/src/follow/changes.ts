import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { Staging } from '../postgres/staging.js';
import { inTransaction, transactionNumber } from '../postgres/transaction.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { applyChanges, prepareKeys } from './apply-changes.js';
import { applyInPlace, type FilledTable } from './apply-in-place.js';
import type { JournalRange } from './changed-rows.js';
import type { FollowedTable } from './followed-table.js';
import { ChangeJournal, type Pending } from './journal.js';

/** Rounds in which a source that is written to faster than it is followed is tried to be caught up with. */
const MAX_ROUNDS = 20;

/** So many changes are applied well within a second. */
export const FEW_CHANGES = 1000;

/** Where the changes of a source stand in the target. */
export class FollowedChanges {
  #applied = 0;
  #keys = 0;
  #schemaVersion: unknown;

  private constructor(
    private readonly client: pg.Client,
    private readonly source: SourceDatabase,
    private readonly journal: ChangeJournal,
    private readonly staging: Staging,
    private readonly tables: readonly FollowedTable[],
    /** Those of them that are in their place already, in the transaction that is under way; else undefined. */
    private readonly filled?: readonly FilledTable[],
  ) {}

  /** @param client of the session that applies them */
  static async open(
    client: pg.Client,
    source: SourceDatabase,
    journal: ChangeJournal,
    staging: Staging,
    tables: readonly FollowedTable[],
  ): Promise<FollowedChanges> {
    await prepareKeys(client, tables);
    const changes = new FollowedChanges(client, source, journal, staging, tables);
    changes.#applied = await staging.followed();
    return changes;
  }

  /**
   * The same from here on, for the transaction that is under way: what it applies is there when that is committed, and
   * comes again when it is not.
   * @param filled tables whose rows are in the target, and no longer in the staging schema
   */
  within(filled: readonly FilledTable[]): FollowedChanges {
    const { client, source, journal, staging, tables } = this;
    const changes = new FollowedChanges(client, source, journal, staging, tables, filled);
    changes.#applied = this.#applied;
    changes.#keys = this.#keys;
    return changes;
  }

  /** Keys that were written to, counted once for each time that they were applied. */
  get keys(): number {
    return this.#keys;
  }

  /** What there is to do, as of now. */
  pending(): Pending {
    return ChangeJournal.pending(this.journal.connection, this.#applied);
  }

  /**
   * Until little is left to do.
   * @throws COPY_FOLLOW_BEHIND, the reason of the signal, and as `catchUp`
   */
  async catchUpUntilFew(signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      signal.throwIfAborted();
      await this.catchUp();
      if (this.pending().changes < FEW_CHANGES) return;
    }
    throw new ReasonError('COPY_FOLLOW_BEHIND', {
      detail: `${this.pending().changes} changes are still to be applied`,
    });
  }

  /**
   * Makes the target what the source is in a new snapshot, in one transaction with the number of the last change:
   * a kill neither loses nor doubles one.
   * @returns how many keys were written to
   * @throws COPY_FOLLOW_SCHEMA_CHANGED, COPY_ROWS_REJECTED, COPY_MISMATCH, COPY_REFUSED, COPY_UNDER_WAY; as
   * `applyInPlace`
   */
  async catchUp(): Promise<number> {
    const { client, source, journal } = this;
    source.renewSnapshot();
    this.#refuseChangedSchema();
    const range = { after: this.#applied, through: ChangeJournal.last(source.connection) };
    if (range.through <= range.after) return 0;
    const keys = this.filled
      ? await this.#apply(range)
      : await inTransaction(client, () => this.#apply(range));
    this.#applied = range.through;
    this.#keys += keys;
    // What was committed is on disk: nobody will ask for these changes again.
    if (!this.filled) journal.prune(range.through);
    return keys;
  }

  async #apply(range: JournalRange): Promise<number> {
    const { client, source, staging, tables, filled = [] } = this;
    const touched = ChangeJournal.touched(source.connection, range);
    const isTouched = ({ number }: FollowedTable) => touched.has(number);
    let keys = 0;
    for (const followed of tables.filter(isTouched))
      if (!filled.some((each) => each.followed === followed))
        keys += await applyChanges(client, staging.schema, source, followed, range);
    const inPlace = filled.filter(({ followed }) => isTouched(followed));
    keys += await applyInPlace(client, staging.target, source, inPlace, range);
    const isOurs = await staging.saveFollowed(range, await transactionNumber(client));
    if (!isOurs)
      throw new ReasonError('COPY_UNDER_WAY', { detail: 'another process follows the source' });
    return keys;
  }

  /** SQLite counts the changes of the schema. */
  #refuseChangedSchema(): void {
    const version = this.source.connection.pragma('schema_version', { simple: true });
    if (version === this.#schemaVersion) return;
    this.journal.refuseChangedSchema(this.source.connection);
    this.#schemaVersion = version;
  }
}
