import type { Values } from './environment.js';
import type { ProfileDecision } from './profile.js';
import type { RawEnvironment } from './read-environment.js';
import { violation, type Violation } from './violation.js';

/** Each strict environment is served by several processes, which share what they count in Redis. */
export function judgeRedis({ strict }: ProfileDecision, raw: RawEnvironment): readonly Violation[] {
  const given = raw.texts.has('REDIS_URL') || raw.unreadable.has('REDIS_URL');
  return strict && !given
    ? [
        violation(
          'ENVIRONMENT_REQUIRES_REDIS_URL',
          'REDIS_URL',
          'is not set, but a strict environment needs Redis',
        ),
      ]
    : [];
}

/** A bound that is invalid itself is refused by that alone. */
export function judgeShutdown(values: Values, invalid: readonly Violation[]): readonly Violation[] {
  if (invalid.some(({ variable }) => variable.startsWith('SHUTDOWN_'))) return [];
  if (values.SHUTDOWN_DRAIN_MS < values.SHUTDOWN_TIMEOUT_MS) return [];
  const message = 'must be less than SHUTDOWN_TIMEOUT_MS, of which it is a part';
  return [violation('SETTING_INVALID', 'SHUTDOWN_DRAIN_MS', message)];
}

/** Any server has a certificate of some public authority: without the name, one has to be named. */
export function judgeSslMode(values: Values): readonly Violation[] {
  if (values.DB_SSL_MODE !== 'verify-ca' || values.DB_SSL_CA_FILE !== undefined) return [];
  const message = 'needs DB_SSL_CA_FILE to be verify-ca';
  const fix = 'Name the authority in DB_SSL_CA_FILE, or set DB_SSL_MODE=verify-full.';
  return [violation('SETTING_INVALID', 'DB_SSL_MODE', message, fix)];
}
