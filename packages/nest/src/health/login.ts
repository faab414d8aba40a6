import type { PostgresSettings } from '@holdfast/guard/databases';
import { maskRedisUrl } from '@holdfast/guard/redis-url';
import type { Secret } from '@holdfast/core/secret';
import type { Settings } from '@holdfast/guard/settings';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { type ReasonCode } from '@holdfast/core/reasons';
import { redisFailure } from '../redis/failure.js';
import { Redis } from '../redis/redis.js';
import { DeadlineExceeded, withDeadline } from '@holdfast/core/deadline';
import { openProbeSession } from './database-probe.js';
import type { LoginFailure } from './login-canary.js';

/** How a role is refused whose password, validity or rights have changed. */
const REFUSALS: readonly ReasonCode[] = ['POSTGRES_AUTH_FAILED', 'POSTGRES_RIGHTS_MISSING'];
/** Longer than a connection and its login may take. */
const REDIS_BOUND_MS = 3000;
/** A connection that is lost is no refusal. */
const REDIS_ATTEMPTS = 2;

/** A login to PostgreSQL, by a session that is closed again. */
export async function logInToPostgres(
  database: PostgresSettings,
  settings: Settings,
): Promise<LoginFailure | undefined> {
  try {
    const session = await openProbeSession(database, settings, 'login');
    session.destroy();
    return undefined;
  } catch (error) {
    const { code, message } = databaseFailure(database, error);
    const isRefused = REFUSALS.includes(code as ReasonCode);
    return { code: isRefused ? 'POSTGRES_LOGIN_FAILING' : (code as ReasonCode), detail: message };
  }
}

/** Likewise to Redis. */
export async function logInToRedis(
  url: Secret,
  authorities: string | undefined,
): Promise<LoginFailure | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const redis = await Redis.open(url, authorities);
    try {
      await withDeadline(REDIS_BOUND_MS, redis.connected());
      return undefined;
    } catch (error) {
      const { code, kind, isTransient } = redisFailure(
        error instanceof DeadlineExceeded ? undefined : error,
      );
      if (isTransient && attempt < REDIS_ATTEMPTS) continue;
      return { code, detail: `${maskRedisUrl(url.reveal())}: ${kind}.` };
    } finally {
      // A server that is frozen does not close its side.
      void redis.close();
    }
  }
}
