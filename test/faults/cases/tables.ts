import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import pg from 'pg';
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

/** Durability is asked once a minute, and of each session that is new. */
const END_SESSIONS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name LIKE 'holdfast%' AND datname = current_database() AND pid <> pg_backend_pid()`;

export const tables: readonly FaultCase[] = [
  {
    name: 'table unlogged',
    ready: 'POSTGRES_NOT_DURABLE',
    noticedWithinMs: NOTICED_WITHIN,
    stage: (suite) =>
      onOwnServer(suite, (_, database) => ({
        breakIt: async () => {
          await database.query('ALTER TABLE proposal_workflow_events SET UNLOGGED');
          await database.query(END_SESSIONS);
        },
        holdMs: HOLD_MS,
        heal: async () => {
          await database.query('ALTER TABLE proposal_workflow_events SET LOGGED');
          await database.query(END_SESSIONS);
        },
      })),
  },
  {
    // Each request is answered by its own bound, and all are carried out when they are sent again.
    name: 'table of keys locked',
    ready: 'stays',
    stage: (suite) =>
      onOwnServer(suite, (_, database) => {
        let holder: pg.Client | undefined;
        return {
          settings: { DB_POOL_TIMEOUT: '1' },
          breakIt: async () => {
            holder = new pg.Client({ connectionString: database.url });
            await holder.connect();
            await holder.query('BEGIN; LOCK TABLE proposal_idempotency');
          },
          holdMs: 4000,
          heal: async () => {
            await holder?.query('COMMIT');
            await holder?.end();
          },
          check: (_service, observed) => {
            expectNoFault(observed);
          },
        };
      }),
  },
  {
    name: 'password rotated',
    ready: 'stays',
    stage: async (suite) => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-rotation-'));
      suite.later(() => {
        rmSync(folder, { recursive: true });
      });
      const file = join(folder, 'url');
      const write = (url: string, password: string) => {
        writeFileSync(file, Object.assign(new URL(url), { username: ROLE, password }).href);
      };
      const stage = await onOwnServer(suite, (_, database) => {
        const rotate = async (password: string) => {
          await database.query(`ALTER ROLE ${ROLE} PASSWORD '${password}'`);
          write(database.url, password);
          await database.query(END_SESSIONS);
        };
        return {
          breakIt: () => rotate('rotated-twice'),
          holdMs: 2500,
          heal: () => rotate('rotated-thrice'),
          check: (service) => {
            expect(service.output()).not.toContain('rotated-');
          },
        };
      });
      const { database, environment } = stage;
      await database.query(`DROP ROLE IF EXISTS ${ROLE}`);
      await database.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'first'`);
      await database.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${ROLE}`);
      suite.later(() => database.query(`DROP OWNED BY ${ROLE} CASCADE; DROP ROLE ${ROLE}`));
      write(environment.DATABASE_URL ?? '', 'first');
      return { ...stage, environment: { DATABASE_URL_FILE: file } };
    },
  },
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
