import { reasonFor, runbookOf } from '@holdfast/core/reasons';
import type { Reading } from './probe.js';
import '../reasons.js';

/** One dependency in a health body. Nothing in it names a host, role, path or driver. */
export interface Check {
  readonly ok: boolean;
  readonly detail: string;
  readonly latency_ms?: number;
  readonly code?: string;
  readonly failing_since?: string;
  /** The check without which this one could not be well, where it fails for that alone. */
  readonly because?: string;
  /** Of the database's pool: every connection is lent. */
  readonly saturated?: true;
  /** Of the event loop, or of a replica. */
  readonly lag_ms?: number;
  readonly stores?: Readonly<Record<string, Check>>;
}

/** For people who are to mend it: each failing code with what to do, and its section of the runbook. */
export function advised<Described extends Check>(check: Described): Described & Advice {
  const { code, stores } = check;
  return {
    ...check,
    ...(code !== undefined && { fix: reasonFor(code).fix, runbook: runbookOf(code) }),
    ...(stores && {
      stores: Object.fromEntries(
        Object.entries(stores).map(([store, each]) => [store, advised(each)]),
      ),
    }),
  };
}

export interface Advice {
  readonly fix?: string;
  readonly runbook?: string;
}

/** @param isConnected where it fails: whether it answers all the same */
export function readingCheck(reading: Reading<unknown>, isConnected = false): Check {
  return reading.ok
    ? { ok: true, detail: 'connected', latency_ms: Math.round(reading.latencyMs * 1000) / 1000 }
    : {
        ok: false,
        detail: isConnected ? 'connected' : 'unreachable',
        code: reading.code,
        failing_since: reading.failingSince,
      };
}

/** Remembers since when something fails, for as long as it does. */
export class Failing {
  #since: string | undefined;

  /** The check, with `failing_since` when it fails. */
  mark(check: Check): Check {
    if (check.ok) this.#since = undefined;
    else this.#since ??= check.failing_since ?? new Date().toISOString();
    return this.#since === undefined ? check : { ...check, failing_since: this.#since };
  }
}
