import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { ReasonCode } from '@holdfast/core/reasons';
import { eventually } from '../support/eventually.js';
import type { PostgresServer } from '../support/postgres-server.js';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';
import { type Observed, startClient } from './client.js';
import { answeredAt, noticedAfter, rowOf, type Timeline } from './figures.js';
import type { Row } from './table.js';

/** The bounds of every case, in milliseconds. */
const NOTICED_WITHIN = 1500;
const RECOVERED_WITHIN = 2000;
export const LIVE_WITHIN = 100;
const READY_WITHIN = 1500;

/** Slower answers of a server that does nothing are the machine's doing. */
const QUIET_MS = 10;

const WARM_UP_MS = 700;
const SETTLE_MS = 2500;

/** What every case may use. */
export interface Suite {
  /** Undone after the case, last first. */
  readonly later: (work: () => unknown) => void;
  /** A server that cases may kill, freeze and restart; it is left running as it was found. */
  readonly server: () => Promise<PostgresServer>;
}

/** A service's surroundings with a fault to come. */
export interface Stage {
  readonly environment: Readonly<Record<string, string>>;
  /** The database, past everything that is broken, to be asked once it is healed. */
  readonly database: Pick<TestDatabase, 'query'>;
  /** Answers when the fault took effect, by `now`, if that was later than the call. */
  readonly breakIt: (service: Service) => unknown;
  readonly holdMs: number;
  readonly heal: (service: Service) => unknown;
  /** What else has to be so when all is over. */
  readonly check?: (service: Service, observed: Observed) => unknown;
}

export interface FaultCase {
  readonly name: string;
  /** The code with which ready has to say 503 while the fault lasts, or `stays` for 200 throughout. */
  readonly ready: ReasonCode | 'stays';
  /** Where it is not looked for with each probe: until ready says 503, and 200 again. */
  readonly noticedWithinMs?: number;
  /** How long the process itself does nothing, where that is the fault. */
  readonly silentMs?: number;
  readonly stage: (suite: Suite) => Promise<Stage>;
}

/** By default; other tests are more patient. */
export const HEALTH_BOUNDS = {
  HEALTH_MAX_LAG_MS: '1000',
  HEALTH_PROBE_TIMEOUT_MS: '1000',
} as const;

/** What every service of the suite has, unless the case is about it. */
export const ENVIRONMENT = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  HOST: '127.0.0.1',
  MIGRATE_ON_START: 'true',
  // What hangs on a connection that is dead without a word is given up by then.
  DB_STATEMENT_TIMEOUT_MS: '1500',
  ...HEALTH_BOUNDS,
} as const;

export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Runs a case under load, reports its figures, and compares them with what has to be. */
export async function runCase(
  fault: FaultCase,
  suite: Suite,
  report: (row: Row) => void,
): Promise<void> {
  const stage = await fault.stage(suite);
  const service = await startService({ ...ENVIRONMENT, ...stage.environment }, workingFolder());
  suite.later(() => service.stop('SIGKILL'));
  const client = startClient({ url: service.url });
  suite.later(() => {
    client.kill();
  });
  await client.warm;
  await wait(WARM_UP_MS);

  const began = now();
  const tookEffect = await stage.breakIt(service);
  const faultAt = typeof tookEffect === 'number' ? tookEffect : began;
  await wait(stage.holdMs);
  const healingAt = now();
  await stage.heal(service);
  const timeline = { faultAt, healingAt, healedAt: now() };
  const { noticedWithinMs: noticed = 0 } = fault;
  await wait(Math.max(SETTLE_MS, noticed));
  const observed = await client.end();
  const row = await rowOf(fault.name, observed, timeline, {
    database: stage.database,
    pool: await poolAfter(service.url),
  });
  report(row);

  judgeReady(fault, observed, timeline, slack(row));
  expect(observed.live.filter(({ status }) => status !== 200)).toEqual([]);
  const late = slack(row);
  expect(row.slowest_live_ms).toBeLessThanOrEqual(LIVE_WITHIN + late + (fault.silentMs ?? 0));
  expect(row.ready_after_ms).toBeLessThanOrEqual(Math.max(RECOVERED_WITHIN, noticed) + late);
  expect(row.written_after_ms).toBeLessThanOrEqual(RECOVERED_WITHIN + late);
  expect({ lost: row.lost, duplicates: row.duplicates }).toEqual({ lost: 0, duplicates: 0 });
  expect(row.acknowledged).toBeGreaterThan(10);
  expect(row.pool).toBe('free');
  await stage.check?.(service, observed);
  expect((await service.stop()).code).toBe(0);
}

/**
 * Milliseconds that are added to the bounds because of the machine: none where a server that does
 * nothing always answers within `QUIET_MS`, else some times what its slowest answer took.
 */
export function slack({ slowest_control_ms }: Row): number {
  return slowest_control_ms <= QUIET_MS ? 0 : 4 * slowest_control_ms;
}

function judgeReady(
  { ready, silentMs = 0, noticedWithinMs = NOTICED_WITHIN }: FaultCase,
  observed: Observed,
  timeline: Timeline,
  late: number,
): void {
  const { faultAt, healingAt } = timeline;
  const overdue = observed.ready.filter(({ ms }) => ms > READY_WITHIN + late + silentMs);
  expect(overdue).toEqual([]);
  if (ready === 'stays') {
    expect(observed.ready.filter(({ status }) => status !== 200)).toEqual([]);
    return;
  }
  expect(noticedAfter(observed.ready, timeline)).toBeLessThanOrEqual(noticedWithinMs + late);
  const during = observed.ready.filter(
    (sample) => sample.at > faultAt + noticedWithinMs + late && answeredAt(sample) < healingAt,
  );
  expect(during.length).toBeGreaterThan(0);
  expect(during.filter(({ status, codes }) => status !== 503 || !codes.includes(ready))).toEqual(
    [],
  );
}

/** `free`, or what is still taken some seconds after the load. */
export async function poolAfter(url: string): Promise<string> {
  let taken = '';
  try {
    await eventually(async () => {
      const { pools } = (await (await fetch(`${url}/health/pool`)).json()) as {
        readonly pools: readonly { readonly checked_out: number; readonly waiting: number }[];
      };
      taken = pools
        .map(({ checked_out, waiting }) => `${checked_out} out, ${waiting} waiting`)
        .join('; ');
      for (const pool of pools) expect(pool).toMatchObject({ checked_out: 0, waiting: 0 });
    }, 3000);
  } catch {
    return taken;
  }
  return 'free';
}
