import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { migratedDatabase } from '../support/migrations.js';
import { execute } from '../support/program.js';
import { startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const BOUND_MS = 2000;
const PAUSE_MS = 20;
const LIMIT_MS = 15_000;

const ADVISORY = `store = 'advisory' AND version`;
const NEWER = (compatible: boolean) =>
  `INSERT INTO holdfast_migrations
     (store, version, name, checksum, duration_ms, applied_by, build, backward_compatible)
   VALUES ('advisory', '0004', 'add_remark', 'x', 1, 'a test', '9.9.9', ${compatible})`;

/** What is changed, and what is then told of it. */
const CHANGES: readonly (readonly [sql: string, status: string, http: number, code?: string])[] = [
  [
    `UPDATE holdfast_migrations SET store = 'away' WHERE ${ADVISORY} = '0003'`,
    'pending',
    503,
    'MIGRATIONS_PENDING',
  ],
  [`UPDATE holdfast_migrations SET store = 'advisory' WHERE store = 'away'`, 'head', 200],
  [
    `UPDATE holdfast_migrations SET store = 'away' WHERE ${ADVISORY} = '0001'`,
    'drifted',
    503,
    'MIGRATION_OUT_OF_ORDER',
  ],
  [`UPDATE holdfast_migrations SET store = 'advisory' WHERE store = 'away'`, 'head', 200],
  [
    `UPDATE holdfast_migrations SET checksum = reverse(checksum) WHERE ${ADVISORY} = '0001'`,
    'drifted',
    503,
    'MIGRATION_CHECKSUM_MISMATCH',
  ],
  [
    `UPDATE holdfast_migrations SET checksum = reverse(checksum) WHERE ${ADVISORY} = '0001'`,
    'head',
    200,
  ],
  [NEWER(false), 'ahead', 503, 'SCHEMA_NEWER_THAN_BUILD'],
  [`DELETE FROM holdfast_migrations WHERE ${ADVISORY} = '0004'`, 'head', 200],
  [NEWER(true), 'ahead', 200],
  ['ALTER TABLE holdfast_migrations RENAME TO elsewhere', 'pending', 503, 'MIGRATIONS_PENDING'],
  ['ALTER TABLE elsewhere RENAME TO holdfast_migrations', 'ahead', 200],
];

interface Told {
  readonly ready: number;
  readonly detail: string;
  readonly code?: string;
  readonly status: string;
}

it('readiness and /health/migrations tell a change of the ledger within 2 s', async () => {
  const { database, environment } = await migratedDatabase(later);
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
  const service = await startService({ ...environment, HOST: '127.0.0.1' }, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  const told = async (): Promise<Told> => {
    const ready = await fetch(`${service.url}/health/ready`);
    const { checks } = (await ready.json()) as {
      checks: { migrations: { detail: string; code?: string } };
    };
    const migrations = await fetch(`${service.url}/health/migrations`);
    const { status } = (await migrations.json()) as { status: string };
    const { detail, code } = checks.migrations;
    return { ready: ready.status, detail, ...(code !== undefined && { code }), status };
  };
  const expectTold = async (expected: Told): Promise<number> => {
    const from = performance.now();
    for (;;) {
      const answer = await told();
      const elapsed = performance.now() - from;
      if (JSON.stringify(answer) === JSON.stringify(expected)) return elapsed;
      if (elapsed > LIMIT_MS) expect(answer).toEqual(expected);
      await wait(PAUSE_MS);
    }
  };

  await expectTold({ ready: 200, detail: 'head', status: 'head' });
  const took: number[] = [];
  for (const [sql, status, ready, code] of CHANGES) {
    await database.query(sql);
    took.push(
      await expectTold({ ready, detail: status, ...(code !== undefined && { code }), status }),
    );
  }
  const slowest = Math.max(...took);
  console.info(
    `A change of the ledger is told after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms; at most ${slowest.toFixed(0)} ms`,
  );
  expect(slowest).toBeLessThan(BOUND_MS);
});
