type Phase = 'starting' | 'serving' | 'draining';

/** Where the process is between its start and its end; probes report it to load balancers. */
export class Lifecycle {
  /** When readiness was last requested, by `performance.now()`. */
  readinessProbedAt = -Infinity;
  readonly #draining = new AbortController();
  #phase: Phase = 'starting';

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    if (phase === 'draining') this.#draining.abort();
  }

  /** Aborts when the process begins to drain: what lasts for as long as somebody listens ends then. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }
}
