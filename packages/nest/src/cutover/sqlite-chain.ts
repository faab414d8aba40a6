import { existsSync } from 'node:fs';
import type { SqliteSettings } from '@holdfast/guard/databases';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import type { Chain } from './chain.js';
import {
  withAnswerTimeout,
  boundedPool,
  type CheckContext,
  findingOf,
  withDriverFailure,
} from './context.js';
import { failed, passed } from './finding.js';
import { withResource } from '@holdfast/core/with-resource';
import { destroySession } from '@holdfast/postgres/sessions/session';

/** An SQLite file; one that is not there yet is made at the first start, not by looking. */
export function sqliteChain(database: SqliteSettings, { settings }: CheckContext): Chain {
  const [connection, writable] = ['connection', 'writable'].map(
    (check) => `database.${database.name}.${check}`,
  ) as [string, string];
  return {
    names: [connection, writable],
    run: async (report) => {
      if (!existsSync(database.path)) {
        report(connection, passed('no file yet: the service makes it'));
        report(writable, passed('not tried: there is no file yet'));
        return;
      }
      const opening = openSession(database, boundedPool(settings.pool), 'probe');
      await withResource(withDriverFailure(database, opening), destroySession, async (session) => {
        const { readOnly, prepared } = await withAnswerTimeout(database, session.inspect());
        report(connection, passed('opened'));
        const judge = async () => {
          if (readOnly) return failed('SQLITE_READ_ONLY', 'the file, or its disk, takes no writes');
          if (!prepared) return failed('MIGRATIONS_PENDING', 'there is no ledger yet');
          await withAnswerTimeout(database, session.probeWrite());
          return passed('a row was written and rolled back');
        };
        report(writable, await findingOf(judge));
      });
    },
  };
}
