import { reencryptWithin } from '@holdfast/guard/secrets/encrypted-value';
import type { SecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { ReasonError } from '../media.reasons.js';
import { KEYED_PROVIDERS, providerKeyOf, REVISION } from './setting-keys.js';
import type { Setting, SettingChange, SettingRepository } from './setting.repository.js';

const MOST_TRIES = 5;

/** How many stored keys of providers were encrypted anew, and how many were with the newest key before. */
export interface RotatedKeys {
  readonly rotated: number;
  readonly current: number;
}

/**
 * Encrypts the stored keys of providers with the newest key, all or none of them. The keys themselves stay, and so does
 * the time of their change; whoever has read the settings before has to read them again to change them.
 * @throws SECRET_KEY_UNKNOWN and its like, STATE_CONFLICT where others change the settings all the time
 */
export async function rotateProviderKeys(
  settings: SettingRepository,
  keys: SecretKeys,
  dryRun: boolean,
): Promise<RotatedKeys> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const rows = await settings.all();
    const { changes, ...counts } = rotationsOf(rows, keys);
    if (dryRun || counts.rotated === 0) return counts;
    if (await settings.replace([...changes, ...revisionOf(rows)])) return counts;
  }
  throw new ReasonError('STATE_CONFLICT', { detail: 'has settings that others change meanwhile' });
}

function rotationsOf(rows: readonly Setting[], keys: SecretKeys) {
  const names: ReadonlySet<string> = new Set(KEYED_PROVIDERS.map(providerKeyOf));
  const each = rows
    .filter(({ key, value }) => names.has(key) && value !== '')
    .map((row) => ({ row, ...reencryptWithin(row.value, keys) }));
  return {
    changes: each
      .filter(({ rotated }) => rotated > 0)
      .map(({ row, text }) => changed(row, { value: text })),
    rotated: each.reduce((sum, { rotated }) => sum + rotated, 0),
    current: each.reduce((sum, { current }) => sum + current, 0),
  };
}

/** By which others see that they have read something older. */
function revisionOf(rows: readonly Setting[]): readonly SettingChange[] {
  return rows.filter(({ key }) => key === REVISION).map((row) => changed(row, {}));
}

function changed(row: Setting, more: Partial<Setting>): SettingChange {
  return { setting: { ...row, version: row.version + 1, ...more }, versionBefore: row.version };
}
