import type { Settings } from '@holdfast/guard/settings';
import { boundedDatabase, boundedPool, withAnswerTimeout } from '@holdfast/nest/cutover/context';
import { withResource } from '@holdfast/core/with-resource';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { destroySession } from '@holdfast/postgres/sessions/session';
import { type KnownDatabase, knownOf } from './folder/same-database.js';
import { knownFile } from './sqlite/known-file.js';

/** Asks the databases which they are; of one that does not answer that is not known. */
export function askDatabases({
  databases,
  pool,
}: Pick<Settings, 'databases' | 'pool'>): Promise<readonly KnownDatabase[]> {
  return Promise.all(
    databases.map(async (database) => {
      if (database.type === 'sqlite') return knownFile(database);
      const opening = openSession(boundedDatabase(database), boundedPool(pool), 'probe');
      const identified = withResource(opening, destroySession, (session) => session.identify());
      return knownOf(
        database,
        await withAnswerTimeout(database, identified).catch(() => undefined),
      );
    }),
  );
}
