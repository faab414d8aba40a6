import type Sqlite from 'better-sqlite3';
import type pg from 'pg';
import type { FollowedTable } from '../follow/followed-table.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { ReturnJournal } from './return-journal.js';
import { keptTable } from './return-table.js';
import { placePosition } from './returning-file.js';

/** A return that begins with the switch, so that no change is missed. */
export interface PlannedReturn {
  /** In the transaction that marks the file as moved. */
  readonly mark: (connection: Sqlite.Database) => void;
  /** In the transaction that shows the tables. */
  readonly install: (client: pg.Client) => Promise<void>;
}

/**
 * Looks at the source while its writers are not held yet.
 * @param id of the journal of the copy
 */
export function plannedReturn(
  source: SourceDatabase,
  schema: string,
  id: string,
  followed: readonly FollowedTable[],
): PlannedReturn {
  const kept = followed.map((each) => keptTable(source, each));
  return {
    mark: (connection) => {
      placePosition(connection, id);
    },
    install: async (client) => {
      await ReturnJournal.install(client, schema, id, followed, kept);
    },
  };
}
