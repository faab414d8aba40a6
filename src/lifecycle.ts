/** Where the process is between its start and its end; probes tell it to load balancers. */
export class Lifecycle {
  phase: 'starting' | 'serving' | 'draining' = 'starting';
  /** Requests that have begun and have not been answered. */
  inFlight = 0;
}
