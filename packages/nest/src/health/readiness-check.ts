import { DiscoveryService } from '@nestjs/core';

/** How readiness reports a check of an application. */
export interface ReadinessCheckOptions {
  /** In bodies and in `GET /health/ready/<name>`: lower case, with underscores. */
  readonly name: string;
  /** Without it the service works, degraded; required by default. */
  readonly isRequired?: boolean;
}

/** Makes a provider a check of readiness; it implements `ReadinessIndicator`. */
export const ReadinessCheck = DiscoveryService.createDecorator<ReadinessCheckOptions>();

/** What `@ReadinessCheck()` decorates. */
export interface ReadinessIndicator {
  /**
   * Returns where nothing is wrong. Called once a second at most.
   * @param signal aborts after HEALTH_PROBE_TIMEOUT_MS, when the check has failed
   * @returns a text, or a promise of one, that the bodies say of it; anything else for that it is well
   * @throws a `ReasonError`, whose code and message go into the bodies; of any other error only that the
   * check fails
   */
  check(signal: AbortSignal): unknown;
}
