import '@holdfast/postgres/reasons';
import { reasonFor, runbookOf } from '@holdfast/core/reasons';
import type { Release } from '@holdfast/core/release';
import type { Check } from '../health/check.js';
import type { RecentProblem } from '../metrics/recent-problems.js';
import type { MigrationStatus } from '../health/migration-status.js';
import type { NamedPool } from '../health/health.service.js';
import type { Transition } from '../health/transitions.js';
import { commandsFor } from './commands.js';
import type { PoolLoad } from './pool-history.js';
import type { SinceStart } from './start-record.js';

/** The body of `GET /status.json`: what the page and `holdfast status` show. */
export interface Status {
  readonly status: 'ok' | 'degraded' | 'fail';
  readonly draining: boolean;
  /** Since when it is so; null where nobody knows. */
  readonly since: string | null;
  readonly timestamp: string;
  /** Null where who asks may not know it. */
  readonly started_at: string | null;
  readonly service: RunningService;
  readonly profile: string;
  readonly environment: string | null;
  readonly causes: readonly Cause[];
  /** What clients were told within the last five minutes instead of what they asked for: failures of the service first, then most first. */
  readonly problems: readonly ProblemStatus[];
  readonly checks: readonly CheckStatus[];
  readonly pools: readonly PoolStatus[];
  readonly migrations: MigrationStatus;
  /** What has changed since the last start of this service that was another one; null where who asks may not know it. */
  readonly since_start: SinceStart | null;
}

export interface RunningService extends Pick<Release, 'name' | 'version' | 'commit'> {
  /** Null where who asks may not know it. */
  readonly node: string | null;
}

/** What a code means, and what to do about it. */
export interface Advice {
  readonly meaning: string;
  readonly fix: string;
  readonly commands: readonly string[];
  readonly runbook: string;
}

/** What fails by itself, and not because of another, with what to do. */
export interface Cause extends Advice {
  readonly check: string;
  readonly code: string;
  readonly since: string | null;
}

/** A code that requests were answered with; what to do is told where the service failed (a 5xx), and not the client. */
export interface ProblemStatus extends RecentProblem {
  /** Of HTTP. */
  readonly status: number;
  readonly advice: Advice | null;
}

export interface CheckStatus extends Pick<Check, 'ok' | 'detail' | 'latency_ms' | 'lag_ms'> {
  readonly name: string;
  readonly code?: string;
  readonly because?: string;
  readonly failing_since?: string;
  readonly saturated?: true;
  /** Oldest first. */
  readonly transitions: readonly Transition[];
}

export interface PoolStatus extends NamedPool {
  readonly load: PoolLoad;
}

/** What a status is made of; all of it is known already. */
export interface Known {
  readonly health: {
    readonly status: Status['status'];
    readonly profile: string;
    readonly timestamp: string;
    readonly environment: string | null;
    readonly checks: Readonly<Record<string, Check>>;
    readonly migrations: MigrationStatus;
  };
  readonly draining: boolean;
  readonly startedAt: string | null;
  readonly release: RunningService;
  /** Every check of the process, also those that are told of only while they fail. */
  readonly checkNames: readonly string[];
  readonly pools: readonly PoolStatus[];
  readonly problems: readonly RecentProblem[];
  readonly sinceStart: SinceStart | null;
  readonly transitionsOf: (check: string) => readonly Transition[];
}

export function statusOf(known: Known): Status {
  const { health, draining, startedAt, release, checkNames, pools, transitionsOf } = known;
  const { name, version, commit, node } = release;
  const quiet = draining ? [] : checkNames;
  const names = [...new Set([...quiet, ...Object.keys(health.checks)])];
  const checks = names.map((each): CheckStatus => {
    const { stores: _, ...check } = health.checks[each] ?? { ok: true, detail: '' };
    return { name: each, ...check, transitions: transitionsOf(each) };
  });
  const causes = checks.flatMap(causeOf);
  return {
    status: health.status,
    draining,
    since: sinceOf(causes, checks, draining, startedAt),
    timestamp: health.timestamp,
    started_at: startedAt,
    service: { name, version, commit, node },
    profile: health.profile,
    environment: health.environment,
    causes,
    problems: known.problems
      .map(problemOf)
      .toSorted((a, b) => Number(b.status >= 500) - Number(a.status >= 500)),
    checks,
    pools,
    migrations: health.migrations,
    since_start: known.sinceStart,
  };
}

/** A check that passes may have a code as well: that of what will fail, as requests do that wait for a connection in vain. */
export function causeOf({
  name,
  saturated,
  code = saturated && 'POOL_TIMEOUT',
  because,
  failing_since: since,
}: Pick<
  CheckStatus,
  'name' | 'code' | 'because' | 'failing_since' | 'saturated'
>): readonly Cause[] {
  if (code === undefined || because !== undefined) return [];
  return [{ check: name, code, since: since ?? null, ...adviceOn(code) }];
}

function problemOf(problem: RecentProblem): ProblemStatus {
  const { status = 500 } = reasonFor(problem.code);
  return { ...problem, status, advice: status >= 500 ? adviceOn(problem.code) : null };
}

function adviceOn(code: string): Advice {
  const { meaning, fix } = reasonFor(code);
  return { meaning, fix, commands: commandsFor(code), runbook: runbookOf(code) };
}

function sinceOf(
  causes: readonly Cause[],
  checks: readonly CheckStatus[],
  draining: boolean,
  startedAt: string | null,
): string | null {
  if (draining) return null;
  const begun = causes.flatMap(({ since }) => since ?? []).toSorted();
  if (begun[0] !== undefined) return begun[0];
  const changes = checks.flatMap(({ transitions }) => transitions.map(({ at }) => at));
  return changes.toSorted().at(-1) ?? startedAt;
}
