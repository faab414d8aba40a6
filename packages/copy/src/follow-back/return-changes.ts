import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { fileFailure } from '../sqlite/full.js';
import { applyRound } from './apply-round.js';
import type { ReturnJournal } from './return-journal.js';
import type { ReturnTable } from './return-table.js';
import type { ReturningFile } from './returning-file.js';

/** Where PostgreSQL's changes stand in the file. */
export class ReturnedChanges {
  #keys = 0;

  constructor(
    private readonly client: pg.Client,
    private readonly journal: ReturnJournal,
    private readonly file: ReturningFile,
    private readonly tables: readonly ReturnTable[],
  ) {}

  /** Keys that were written to, counted once for each time that they were applied. */
  get keys(): number {
    return this.#keys;
  }

  /**
   * Makes the file what PostgreSQL is in one snapshot. The file commits first: when the server does not, the same
   * changes are seen again and applied to the same end, so that a kill neither loses nor doubles one.
   * @param then is done in the same snapshot, with the file as it is committed
   * @returns how many keys were written to
   * @throws COPY_RETURN_SCHEMA_CHANGED, COPY_RETURN_REJECTED, COPY_RETURN_OTHER_FILE, COPY_SOURCE_FULL,
   * COPY_SOURCE_IN_USE; or the driver's
   */
  async catchUp(then?: () => Promise<void>): Promise<number> {
    await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    try {
      // Before the snapshot: what is rewritten behind it would seem to be empty.
      await this.journal.lockTables('ACCESS SHARE');
      const keys = await this.applyLocked(() => Promise.resolve());
      await then?.();
      await this.client.query('COMMIT');
      return keys;
    } catch (error) {
      // On a connection that is gone it fails too, and the first error tells why.
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /**
   * The same within a transaction that has locked the tables.
   * @param last is done before the file commits
   */
  async applyLocked(last: () => Promise<void>): Promise<number> {
    const { client, journal, file, tables } = this;
    try {
      await journal.refuseChangedShape();
      file.begin();
      const round = await journal.beginRound();
      this.#refuseOther(round);
      const keys = await applyRound(client, journal, file, tables);
      await last();
      file.commit(round);
      this.#keys += keys;
      return keys;
    } catch (error) {
      file.rollback();
      throw fileFailure(error);
    }
  }

  /** The file has this round already when its commit was the last that came to pass. @throws COPY_RETURN_OTHER_FILE */
  #refuseOther(round: number): void {
    const position = this.file.position();
    const { id } = this.journal.state;
    if (position?.id === id && [round, round - 1].includes(position.round)) return;
    throw new ReasonError('COPY_RETURN_OTHER_FILE', {
      detail:
        position?.id === id
          ? `the file has round ${position.round} of the changes, and ${round} is the next: it is an older copy of itself`
          : 'the journal in PostgreSQL belongs to another file',
    });
  }
}
