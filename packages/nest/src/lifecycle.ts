/** Where the process is between its start and its end; probes report it to load balancers. */
export class Lifecycle {
  phase: 'starting' | 'serving' | 'draining' = 'starting';
  /** When readiness was last requested, by `performance.now()`. */
  readinessProbedAt = -Infinity;
}
