import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { chosenTables } from '../chosen-tables.js';
import { compareTable } from '../follow/verify-tables.js';
import { followedTable } from '../follow/followed-table.js';
import { watchable } from '../follow/suitable.js';
import type { CopyOptions } from '../options.js';
import { planCopy } from '../plan.js';
import { withLockRetry } from '../postgres/lock-retry.js';
import { readExisting } from '../postgres/plan-tables.js';
import { ReasonError } from '../reasons.js';
import { quoted } from '../sqlite/identifiers.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import { asDifference } from './difference.js';
import { ReturnJournal } from './return-journal.js';
import { keptTable } from './return-table.js';
import { ReturningFile } from './returning-file.js';
import { refuseUnsuitableReturn } from './suitable-return.js';

/**
 * Begins to follow back a copy that was switched in before, when both sides are equal: writers of both are held while
 * every value is compared, the triggers are put in and the file is marked as moved.
 * @param options as those of the copy
 * @throws COPY_RETURN_UNSUITABLE, COPY_RETURN_DIFFERS, COPY_FOLLOW_UNSUITABLE, COPY_SOURCE_IN_USE, and as `planCopy`
 */
export async function beginReturn(
  client: pg.Client,
  path: string,
  options: CopyOptions,
  step: (text: string) => void,
): Promise<ReturnJournal> {
  const { schema, lockRetry, signal } = options;
  const source = SourceDatabase.openShared(path, '');
  const file = ReturningFile.open(path);
  const wasRetired = file.hasMark();
  try {
    // What the copy has concluded from declared types is concluded again from the same values.
    const given = { ...options, parts: 'data', types: 'declared' } as const;
    const plan = await planCopy(source, readExisting(client, schema), given, false);
    const watched = watchable(source.connection, chosenTables(source, options).tables);
    const followed = watched.flatMap((each) => followedTable(each, plan.tables) ?? []);
    if (followed.length < watched.length)
      throw new ReasonError('COPY_RETURN_UNSUITABLE', { detail: 'a key is not copied' });
    await refuseUnsuitableReturn(client, schema, followed);
    step('comparing both sides while their writers are held');
    const id = randomUUID();
    return await withLockRetry(client, lockRetry, async () => {
      const places = followed.map(({ table }) => `${quoted(schema)}.${quoted(table.name)}`);
      await client.query(`LOCK TABLE ${places.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
      return file.retire(id, async () => {
        source.renewSnapshot();
        for (const { table } of followed)
          await compareTable(client, schema, source, table, signal).catch(asDifference);
        const kept = followed.map((each) => keptTable(source, each));
        return ReturnJournal.install(client, schema, id, followed, kept);
      });
    });
  } catch (error) {
    const isUnknown = error instanceof ReasonError && error.code === 'COPY_OUTCOME_UNKNOWN';
    if (!isUnknown && !wasRetired && file.hasMark()) file.reinstate();
    throw error;
  } finally {
    source.close();
    file.close();
  }
}
