import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { Staging } from '../postgres/staging.js';
import { inTransaction, transactionNumber } from '../postgres/transaction.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { applyChanges, prepareKeys } from './apply-changes.js';
import type { FollowedTable } from './followed-table.js';
import { ChangeJournal, type Pending } from './journal.js';

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

  /** Keys that were written to, counted once for each time that they were applied. */
  get keys(): number {
    return this.#keys;
  }

  /** What there is to do, as of now. */
  pending(): Pending {
    return ChangeJournal.pending(this.journal.connection, this.#applied);
  }

  /**
   * Makes the target what the source is in a new snapshot, in one transaction with the number of the last change:
   * a kill neither loses nor doubles one.
   * @returns how many keys were written to
   * @throws COPY_FOLLOW_SCHEMA_CHANGED, COPY_ROWS_REJECTED, COPY_MISMATCH, COPY_REFUSED, COPY_UNDER_WAY
   */
  async catchUp(): Promise<number> {
    const { client, source, staging, journal } = this;
    source.renewSnapshot();
    this.#refuseChangedSchema();
    const range = { after: this.#applied, through: ChangeJournal.last(source.connection) };
    if (range.through <= range.after) return 0;
    const keys = await inTransaction(client, async () => {
      let sum = 0;
      for (const followed of this.tables)
        sum += await applyChanges(client, staging.schema, source, followed, range);
      const isOurs = await staging.saveFollowed(range, await transactionNumber(client));
      if (!isOurs)
        throw new ReasonError('COPY_UNDER_WAY', { detail: 'another process follows the source' });
      return sum;
    });
    this.#applied = range.through;
    this.#keys += keys;
    // What was committed is on disk: nobody will ask for these changes again.
    journal.prune(range.through);
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
