import type { PostgresSettings } from '@holdfast/guard/databases';
import { judgeDsn } from '@holdfast/guard/dsn';
import type { Settings } from '@holdfast/guard/settings';

/** What `DB_POOL_*` and the timeouts are when nobody sets them, but for what a test changes. */
export function poolSettings(changed: Partial<Settings['pool']> = {}): Settings['pool'] {
  return {
    size: 5,
    maxOverflow: 10,
    timeoutSeconds: 30,
    recycleSeconds: 3600,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 5000,
    prePing: true,
    leakDetectionMs: 10_000,
    ...changed,
  };
}

export function postgresSettings(
  url: string,
  changed: Partial<PostgresSettings> = {},
): PostgresSettings {
  const verdict = judgeDsn(url);
  if (!('dsn' in verdict)) throw new Error(verdict.faults[0].message);
  return {
    name: 'primary',
    type: 'postgresql',
    stores: ['dpm', 'advisory'],
    dsn: verdict.dsn,
    targetSessionAttrs: 'any',
    tls: { mode: 'disable' },
    applicationName: 'holdfast-test',
    connectTimeoutMs: 5000,
    ...changed,
  };
}
