import { DiscoveryService } from '@nestjs/core';

/** How readiness tells what an application checks itself. */
export interface ReadinessCheckOptions {
  /** In bodies and in `GET /health/ready/<name>`: lower case, with underscores. */
  readonly name: string;
  /** Without it the service goes on, degraded; required unless said otherwise. */
  readonly isRequired?: boolean;
}

/** Marks a provider that readiness asks, as a check of its own; it is an `AskedByReadiness`. */
export const ReadinessCheck = DiscoveryService.createDecorator<ReadinessCheckOptions>();

/** What `@ReadinessCheck()` stands on. */
export interface AskedByReadiness {
  /**
   * Returns when all is well. It is asked once a second at most.
   * @param signal aborts after HEALTH_PROBE_TIMEOUT_MS, when the check has failed
   * @throws a `ReasonError`, whose code and message go into the bodies; of any other error only that the
   * check fails
   */
  ask(signal: AbortSignal): Promise<void> | void;
}
