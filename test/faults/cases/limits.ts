import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startPostgresServer } from '../../support/postgres-server.js';
import { mountTmpfs } from '../../support/tmpfs.js';
import type { FaultCase } from '../case.js';
import { onSoundServer } from './stage.js';
import { sqliteQuery } from './sqlite-query.js';

const SLOTS = 4;

/** A run whose recording hangs for as long as the switch is on. */
async function recordRun(url: string, name: string): Promise<number> {
  const response = await fetch(`${url}/rebalance/runs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': name },
    body: JSON.stringify({
      correlation_id: name,
      request_hash: 'faults',
      portfolio_id: name,
      status: 'READY',
      result: null,
    }),
  });
  return response.status;
}

export const limits: readonly FaultCase[] = [
  {
    name: 'all slots in pg_sleep',
    ready: 'stays',
    stage: (suite) =>
      onSoundServer(suite, (database) => {
        let sleepers: Promise<number>[] = [];
        return {
          settings: {
            DB_POOL_SIZE: '2',
            DB_MAX_OVERFLOW: String(SLOTS - 2),
            DB_POOL_TIMEOUT: '1',
            DB_STATEMENT_TIMEOUT_MS: '60000',
          },
          breakIt: async (service) => {
            await database.query(
              `CREATE TABLE switch (is_on boolean);
               INSERT INTO switch VALUES (true);
               CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                   IF (SELECT is_on FROM switch) THEN PERFORM pg_sleep(60); END IF;
                   RETURN NULL;
                 END $$;
               CREATE TRIGGER hang AFTER INSERT ON dpm_runs FOR EACH ROW EXECUTE FUNCTION hang()`,
            );
            sleepers = Array.from({ length: SLOTS * 2 }, (_, index) =>
              recordRun(service.url, `sleeper-${index}`),
            );
            await wait(1000);
          },
          holdMs: 2000,
          heal: async (service) => {
            const { checks } = (await (await fetch(`${service.url}/health/ready`)).json()) as {
              checks: { db: object };
            };
            await database.query('UPDATE switch SET is_on = false');
            await database.query(
              "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
            );
            expect(checks.db).toMatchObject({ ok: true, saturated: true });
          },
          check: async () => {
            for (const status of await Promise.all(sleepers)) expect([201, 503]).toContain(status);
          },
        };
      }),
  },
  {
    name: "PostgreSQL's disk full",
    ready: 'POSTGRES_DISK_FULL',
    stage: async ({ later }) => {
      const disk = mountTmpfs(200);
      later(() => {
        disk.remove();
      });
      const server = await startPostgresServer(disk.folder);
      later(() => server.remove());
      const database = await createDatabase(server.url);
      return {
        environment: { DATABASE_URL: database.url },
        database,
        breakIt: () => {
          disk.fill();
        },
        holdMs: 3000,
        heal: () => {
          disk.free();
        },
      };
    },
  },
  {
    name: "SQLite's disk full",
    ready: 'SQLITE_READ_ONLY',
    stage: ({ later }) => {
      const disk = mountTmpfs(20);
      later(() => {
        disk.remove();
      });
      const path = `${disk.folder}/holdfast.sqlite`;
      return Promise.resolve({
        environment: { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: path },
        database: { query: sqliteQuery(path) },
        breakIt: () => {
          disk.fill();
        },
        holdMs: 3000,
        heal: () => {
          disk.free();
        },
      });
    },
  },
];
