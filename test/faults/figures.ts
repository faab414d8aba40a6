import type { TestDatabase } from '@holdfast/testing/temporary-database';
import type { Observed, Sample, Write } from './client.js';
import { replay } from './ledger.js';
import type { Row } from './table.js';

/** When a fault began and ended; milliseconds since the epoch. */
export interface Timeline {
  readonly faultAt: number;
  /** When healing began; until then ready has to say what is wrong. */
  readonly healingAt: number;
  readonly healedAt: number;
}

/** Milliseconds from the fault to the first answer of ready that says so, if there is one. */
export function noticedAfter(ready: readonly Sample[], { faultAt }: Timeline): number | undefined {
  return firstAfter(ready.filter(({ status }) => status === 503).map(answeredAt), faultAt);
}

/**
 * Milliseconds from the heal to the first answer from which on ready says 200 again; 0 when it
 * already did.
 */
function readyAfter(
  ready: readonly Sample[],
  { healingAt, healedAt }: Timeline,
): number | undefined {
  const sorted = ready.toSorted((one, other) => answeredAt(one) - answeredAt(other));
  const lastBad = sorted.findLastIndex(({ status }) => status !== 200);
  const next = sorted.slice(lastBad + 1).find((sample) => answeredAt(sample) >= healingAt);
  return next && Math.max(0, answeredAt(next) - healedAt);
}

/** Milliseconds from the heal to the first write that was acknowledged after it began. */
function writtenAfter(
  writes: readonly Write[],
  { healingAt, healedAt }: Timeline,
): number | undefined {
  const acknowledged = writes.flatMap(({ acknowledgedAt }) => acknowledgedAt ?? []);
  const first = firstAfter(acknowledged, healingAt);
  return first && Math.max(0, first + healingAt - healedAt);
}

function slowest(samples: readonly Sample[]): number {
  return Math.max(0, ...samples.map(({ ms }) => ms));
}

export function answeredAt({ at, ms }: Sample): number {
  return at + ms;
}

function firstAfter(times: readonly number[], start: number): number | undefined {
  const later = times.filter((time) => time >= start);
  return later.length === 0 ? undefined : Math.min(...later) - start;
}

/** The figures of what a client has seen, with its log compared with the database. */
export async function rowOf(
  name: string,
  observed: Observed,
  timeline: Timeline,
  { database, pool }: { readonly database: Pick<TestDatabase, 'query'>; readonly pool: string },
): Promise<Row> {
  const { acknowledged, lost, duplicates } = await replay(observed.writes, (sql) =>
    database.query(sql),
  );
  const bad = observed.ready.filter(({ status }) => status !== 200);
  return {
    name,
    codes: [...new Set(bad.flatMap(({ codes }) => codes))].join(' '),
    noticed_ms: noticedAfter(observed.ready, timeline),
    ready_after_ms: readyAfter(observed.ready, timeline),
    written_after_ms: writtenAfter(observed.writes, timeline),
    slowest_live_ms: slowest(observed.live),
    slowest_control_ms: slowest(observed.control),
    slowest_ready_ms: slowest(observed.ready),
    acknowledged,
    failures: Object.values(observed.failures).reduce((sum, count) => sum + count, 0),
    lost: lost.length,
    duplicates: duplicates.length,
    pool,
  };
}
