import { setTimeout as wait } from 'node:timers/promises';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import type { FaultCase } from '../case.js';
import { onOwnServer } from './stage.js';

const OTHERS = 'datname = current_database() AND pid <> pg_backend_pid()';

async function terminateFor(database: TestDatabase, which: string, milliseconds: number) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OTHERS} AND ${which}`,
    );
    await wait(100);
  }
}

export const processes: readonly FaultCase[] = [
  {
    name: 'postmaster killed (-9) and started again',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () => server.stop('SIGKILL'),
        holdMs: 2000,
        heal: () => server.start(),
      })),
  },
  {
    name: 'fast restart',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () => server.stop(),
        holdMs: 2000,
        heal: () => server.start(),
      })),
  },
  {
    name: 'idle backends terminated',
    ready: 'stays',
    stage: (suite) =>
      onOwnServer(suite, (_, database) => ({
        breakIt: () => terminateFor(database, "state = 'idle'", 1000),
        holdMs: 0,
        heal: () => undefined,
      })),
  },
  {
    name: 'checked-out backends terminated',
    ready: 'stays',
    stage: (suite) =>
      onOwnServer(suite, (_, database) => ({
        breakIt: async () => {
          // Some work that lasts, so that backends are met at it.
          await database.query(
            `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
             CREATE TRIGGER dawdle AFTER INSERT ON dpm_runs EXECUTE FUNCTION dawdle();
             CREATE TRIGGER dawdle AFTER INSERT ON proposal_records EXECUTE FUNCTION dawdle()`,
          );
          await terminateFor(database, "state <> 'idle'", 1500);
        },
        holdMs: 0,
        heal: () => undefined,
      })),
  },
  {
    name: 'postmaster stopped (SIGSTOP)',
    ready: 'stays',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () => {
          process.kill(server.pid(), 'SIGSTOP');
        },
        holdMs: 3000,
        heal: () => {
          server.thaw();
        },
      })),
  },
  {
    name: 'one backend of the pool stopped',
    ready: 'stays',
    stage: (suite) =>
      onOwnServer(suite, (server, database) => ({
        breakIt: async () => {
          const [backend] = await database.query<{ pid: number }>(
            `SELECT pid FROM pg_stat_activity WHERE ${OTHERS} AND application_name = 'holdfast' LIMIT 1`,
          );
          if (!backend) throw new Error('the pool has no backend');
          process.kill(backend.pid, 'SIGSTOP');
        },
        holdMs: 3000,
        heal: () => {
          server.thaw();
        },
      })),
  },
  {
    name: 'all of the server stopped',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () => {
          server.freeze();
        },
        holdMs: 3000,
        heal: () => {
          server.thaw();
        },
      })),
  },
];
