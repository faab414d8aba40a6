import type { Edge } from './platform.js';

const PROBE = /^\/(health|livez|readyz|api\/ready)/;
const LIVENESS = /^\/(health\/live|livez)$/;

/** From which status on a request has a line, by LOG_REQUESTS. */
const LEAST_STATUS = { all: 0, failed: 400, none: Infinity } as const;

/** A request that has been answered. */
export interface Completed {
  readonly id: string;
  /** Undefined where nobody traces it. */
  readonly traceId: string | undefined;
  readonly method: string;
  /** The pattern of its route; null where there is none. */
  readonly route: string | null;
  readonly status: number;
  readonly durationMs: number;
  /** Of the problem document that it was answered with; undefined where it was none. */
  readonly code: string | undefined;
}

/**
 * Counts each answer, and writes a line for it; probes are logged for debugging, and show that a load balancer is
 * there.
 */
export function requestLog({
  log,
  lifecycle,
  metrics,
  settings,
}: Edge): (completed: Completed) => void {
  const leastStatus = LEAST_STATUS[settings.log.requests];
  return (completed) => {
    metrics.completed(completed);
    const { id, traceId, method, route, status, durationMs, code } = completed;
    const isProbe = route !== null && PROBE.test(route);
    if (isProbe && !LIVENESS.test(route)) lifecycle.readinessProbedAt = performance.now();
    const level = isProbe ? 'debug' : 'info';
    if (status < leastStatus || !log.isLevelEnabled(level)) return;
    log[level]({
      event: 'request.completed',
      correlation_id: id,
      trace_id: traceId,
      method,
      route,
      status,
      code,
      duration_ms: Math.round(durationMs * 10) / 10,
    });
  };
}
