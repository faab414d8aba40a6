import { expect } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { execute } from '../../support/program.js';
import { nameOf, swapNames } from '../../support/swap-names.js';
import type { FaultCase } from '../case.js';
import { onOwnServer } from './stage.js';

/** Another one takes over the name of the database, under load, and gives it back. */
export const otherDatabase: readonly FaultCase[] = [
  {
    name: 'another database behind the DSN',
    ready: 'DATABASE_IDENTITY_MISMATCH',
    noticedWithinMs: 5000,
    stage: async (suite) => {
      const { url } = await suite.server();
      const other = await createDatabase(url);
      suite.later(() => other.drop());
      const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: other.url };
      expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
      return onOwnServer(suite, (server, database) => {
        const swap = () => swapNames(server.url, nameOf(database.url), nameOf(other.url));
        return {
          breakIt: swap,
          holdMs: 7000,
          heal: swap,
          check: async () => {
            for (const table of ['proposal_records', 'dpm_runs'])
              expect(await other.query(`SELECT 1 FROM ${table}`)).toEqual([]);
          },
        };
      });
    },
  },
];
