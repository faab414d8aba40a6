import { expect } from '@jest/globals';
import type { FaultCase, Stage } from '../case.js';
import type { Observed } from '../client.js';
import { onOwnServer } from './stage.js';

/** Rights and tables are looked at every two seconds; CONTRACT section 2 gives five. */
const NOTICED_WITHIN = 5000;
const HOLD_MS = 7000;

const ROLE = 'holdfast_faults';

/** Requests are told why, too, and never that something here is broken. */
function expectNoFault(observed: Observed): void {
  expect(Object.keys(observed.failures).filter((failure) => failure === '500')).toEqual([]);
}

/** A service that owns its tables, which can be taken from it all the same. */
function onTables(
  change: string,
  back: string,
): (suite: Parameters<FaultCase['stage']>[0]) => Promise<Stage> {
  return async (suite) => {
    const stage = await onOwnServer(suite, (_, database) => ({
      breakIt: () => database.query(change),
      holdMs: HOLD_MS,
      heal: () => database.query(back),
      check: (_service, observed) => {
        expectNoFault(observed);
      },
    }));
    const { database, environment } = stage;
    await database.query(`DROP ROLE IF EXISTS ${ROLE}`);
    await database.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${ROLE}'`);
    await database.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${ROLE}`);
    suite.later(() => database.query(`DROP OWNED BY ${ROLE} CASCADE; DROP ROLE ${ROLE}`));
    const url = Object.assign(new URL(environment.DATABASE_URL ?? ''), {
      username: ROLE,
      password: ROLE,
    });
    return { ...stage, environment: { ...environment, DATABASE_URL: url.href } };
  };
}

export const tables: readonly FaultCase[] = [
  {
    name: 'rights revoked',
    ready: 'POSTGRES_RIGHTS_MISSING',
    noticedWithinMs: NOTICED_WITHIN,
    stage: onTables(
      `REVOKE INSERT, UPDATE, DELETE ON proposal_records FROM ${ROLE}`,
      `GRANT INSERT, UPDATE, DELETE ON proposal_records TO ${ROLE}`,
    ),
  },
  {
    name: 'column renamed',
    ready: 'SCHEMA_INCOMPATIBLE',
    noticedWithinMs: NOTICED_WITHIN,
    stage: onTables(
      'ALTER TABLE proposal_records RENAME COLUMN title TO heading',
      'ALTER TABLE proposal_records RENAME COLUMN heading TO title',
    ),
  },
];
