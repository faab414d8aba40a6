import type { LogFields } from '@holdfast/core/log-fields';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import type { Check } from './check.js';

/** Those that every application has, in the order of the bodies; its own come after them. */
export const CHECK_NAMES = [
  'db',
  'migrations',
  'redis',
  'login',
  'event_loop',
  'replicas',
] as const;

/** Of a check that an application brings. */
export const CHECK_NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** Injection token of `readonly HealthCheck[]`, in the order of the bodies. */
export const HEALTH_CHECKS = 'holdfast.health.checks';

/** One check of readiness. Readiness, its watch and `GET /health/ready/<check>` use one list of them. */
export interface HealthCheck {
  readonly name: string;
  /** Whether this process has what is checked. */
  readonly isUsed: boolean;
  /** Reported to load balancers only while it fails. */
  readonly isQuiet?: boolean;
  /** What it cannot do without. */
  readonly dependsOn?: Dependence;
  /** `up`, `degraded` where the service works without it, or `down`; never takes longer than a probe may. */
  check(): HealthIndicatorResult | Promise<HealthIndicatorResult>;
  /** Which server it is about, and how that failed: for the log, never for a body. */
  place?(): Pick<LogFields, 'url' | 'failure'>;
}

export interface Dependence {
  readonly name: string;
  /** Whether a failure says no more than that the other one fails. */
  readonly explains: (failure: Check) => boolean;
}
