import type { Reading } from './probe.js';

/** One dependency in a health body. Nothing in it names a host, role, path or driver. */
export interface Check {
  readonly ok: boolean;
  readonly detail: string;
  readonly latency_ms?: number;
  readonly code?: string;
  readonly failing_since?: string;
  /** Of the database's pool: every connection is lent. */
  readonly saturated?: true;
  /** Of the event loop, or of a replica. */
  readonly lag_ms?: number;
  readonly stores?: Readonly<Record<string, Check>>;
}

export function readingCheck(reading: Reading<unknown>): Check {
  return reading.ok
    ? { ok: true, detail: 'connected', latency_ms: Math.round(reading.latencyMs * 1000) / 1000 }
    : {
        ok: false,
        detail: 'unreachable',
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
