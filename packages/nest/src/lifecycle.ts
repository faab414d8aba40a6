/** Where the process is between its start and its end; probes tell it to load balancers. */
export class Lifecycle {
  phase: 'starting' | 'serving' | 'draining' = 'starting';
  /** When readiness was last asked for, as `performance.now()` tells it. */
  readinessAskedAt = -Infinity;
}
