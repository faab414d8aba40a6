import { authModeOf } from './caller-settings.js';
import type { Values } from './environment.js';
import type { Profile } from './profile.js';
import { violation, type Violation } from './violation.js';

/** Which requests are counted together. */
export const RATE_CLASSES = ['reads', 'writes', 'operations', 'refused'] as const;

export type RateClass = (typeof RATE_CLASSES)[number];

export interface RateLimitSettings {
  /** Requests of one caller in a window; 0 turns a limit off. */
  readonly requests: Readonly<Record<RateClass, number>>;
  readonly windowSeconds: number;
  /** That share each limit while they cannot count in Redis: at least so many. */
  readonly instances: number;
}

/** Ten a second: more than clients send whose tokens have ended, and less than whoever tries tokens. */
const REFUSED = 600;

export function rateLimitsOf(values: Values, profile: Profile): RateLimitSettings {
  const { RATE_LIMIT_REQUESTS: usual, RATE_LIMIT_INSTANCES: instances } = values;
  const isProven = profile === 'PRODUCTION' && authModeOf(values, profile) === 'jwt';
  const refused = isProven ? Math.max(REFUSED, instances) : 0;
  return {
    requests: {
      reads: values.RATE_LIMIT_READS ?? usual,
      writes: values.RATE_LIMIT_WRITES ?? usual,
      operations: values.RATE_LIMIT_OPERATIONS ?? 0,
      refused: values.RATE_LIMIT_REFUSED ?? (usual || refused),
    },
    windowSeconds: values.RATE_LIMIT_WINDOW_SECONDS,
    instances,
  };
}

const LIMITS = [
  'RATE_LIMIT_REQUESTS',
  'RATE_LIMIT_READS',
  'RATE_LIMIT_WRITES',
  'RATE_LIMIT_OPERATIONS',
  'RATE_LIMIT_REFUSED',
] as const;

/** A share of less than one request would be none. */
export function judgeRateLimits(
  values: Values,
  invalid: readonly Violation[],
): readonly Violation[] {
  if (invalid.some(({ variable }) => variable.startsWith('RATE_LIMIT_'))) return [];
  return LIMITS.filter((name) => {
    const requests = values[name] ?? 0;
    return requests > 0 && requests < values.RATE_LIMIT_INSTANCES;
  }).map((name) => {
    const message = 'must be at least RATE_LIMIT_INSTANCES, among which it is divided, or 0';
    return violation('SETTING_INVALID', name, message);
  });
}
