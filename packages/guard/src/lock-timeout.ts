import type { Settings } from './settings.js';

/**
 * The same, with a bound on each wait for a lock, also where requests have none: none is longer than a
 * migrator is to wait.
 */
export function withLockTimeout<
  Given extends Pick<Settings, 'pool' | 'migrationLockTimeoutSeconds'>,
>(settings: Given): Given {
  const { pool, migrationLockTimeoutSeconds } = settings;
  const longestMs = migrationLockTimeoutSeconds * 1000;
  const lockTimeoutMs = Math.min(pool.lockTimeoutMs || longestMs, longestMs);
  return { ...settings, pool: { ...pool, lockTimeoutMs } };
}
