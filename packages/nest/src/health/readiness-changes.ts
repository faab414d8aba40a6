import type { LogFields } from '@holdfast/core/log-fields';
import { type ReasonCode, reasonFor, runbookOf } from '@holdfast/core/reasons';
import type { Check } from './check.js';
import type { Verdict } from './checks.js';
import '../reasons.js';

/** One line of the log. */
export interface Change {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: LogFields & {
    readonly event: 'check.failed' | 'check.recovered' | 'ready.lost' | 'ready.regained';
    readonly check?: string;
  };
  readonly message: string;
}

/** What has been reported so far. */
export interface Reported {
  readonly failing: ReadonlyMap<string, Failure>;
  /** Since when the service is not ready. */
  readonly lostSince: string | undefined;
}

interface Failure {
  readonly since: string;
  /** Every code of this failure: one that comes back is not reported twice. */
  readonly codes: ReadonlySet<string>;
}

/** Of a process that has just started: what fails from the start is a change. */
export const NOTHING_REPORTED: Reported = { failing: new Map(), lostSince: undefined };

/** The lines for what differs from what has been reported, and what has been reported with them. */
export function changesOf(
  reported: Reported,
  { status, checks }: Verdict,
  at: Date,
): { readonly changes: readonly Change[]; readonly reported: Reported } {
  const changes: Change[] = [];
  const failing = new Map<string, Failure>();
  for (const [name, check] of Object.entries(checks).filter(([, { ok }]) => !ok)) {
    const { code = 'INTERNAL_ERROR' } = check;
    const known = reported.failing.get(name);
    const since = known?.since ?? check.failing_since ?? at.toISOString();
    failing.set(name, { since, codes: new Set([...(known?.codes ?? []), code]) });
    if (!known?.codes.has(code)) changes.push(failed(name, check, since));
  }
  for (const [check, { since, codes }] of reported.failing) {
    if (failing.has(check)) continue;
    const fields = { event: 'check.recovered', check, codes: [...codes], ...lasted(since, at) };
    changes.push({ level: 'info', fields, message: `${check} is well again` } as Change);
  }
  const isLost = status === 'fail';
  if (isLost && reported.lostSince === undefined) changes.push(lost(checks, at));
  if (!isLost && reported.lostSince !== undefined) {
    const fields = { event: 'ready.regained', status, ...lasted(reported.lostSince, at) } as const;
    changes.push({ level: 'info', fields, message: 'requests may be sent here again' });
  }
  const lostSince = isLost ? (reported.lostSince ?? at.toISOString()) : undefined;
  return { changes, reported: { failing, lostSince } };
}

function failed(name: string, check: Check, since: string): Change {
  const { code = 'INTERNAL_ERROR', detail, because } = check;
  const stores = Object.entries(check.stores ?? {}).flatMap(([store, { ok }]) => (ok ? [] : store));
  const fields = {
    event: 'check.failed',
    check: name,
    code,
    detail,
    ...(because !== undefined && { because }),
    ...(stores.length > 0 && { stores }),
    since,
    ...advice(code),
  } as const;
  return { level: 'warn', fields, message: reasonFor(code).meaning };
}

function lost(checks: Verdict['checks'], at: Date): Change {
  const failing = Object.entries(checks).filter(([, { ok, because }]) => !ok && !because);
  const code = failing[0]?.[1].code ?? ('INTERNAL_ERROR' satisfies ReasonCode);
  const since = failing.map(([, { failing_since: each }]) => each ?? at.toISOString()).sort()[0];
  const fields = {
    event: 'ready.lost',
    code,
    checks: failing.map(([name]) => name),
    since,
    ...advice(code),
  } as const;
  return { level: 'error', fields, message: `not ready: ${reasonFor(code).meaning}` };
}

function advice(code: string) {
  return { fix: reasonFor(code).fix, runbook: runbookOf(code) };
}

function lasted(since: string, at: Date) {
  return { since, duration_ms: Math.max(0, at.getTime() - new Date(since).getTime()) };
}
