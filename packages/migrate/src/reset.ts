import { ReasonError } from './reasons.js';
import type { Migration } from './migration.js';
import type { MigratedStore } from './migrator.js';

/** A row of the ledger, as far as a reset looks at it. */
export interface LedgerRow {
  readonly store: string;
  readonly version: string;
}

/** `plan` changes nothing, and waits for no other migrator. */
export type ResetMode = 'plan' | 'drop';

/**
 * The migrations of a store that the ledger has, whatever their text was.
 * @throws SCHEMA_NEWER_THAN_BUILD: nobody here knows which tables a later build has made
 */
export function appliedOf(
  { store, migrations }: MigratedStore,
  ledger: readonly LedgerRow[],
): readonly Migration[] {
  const versions = ledger.filter((row) => row.store === store).map(({ version }) => version);
  const known = migrations.map(({ version }) => version);
  const newer = versions.filter((version) => !known.includes(version));
  if (newer.length > 0) {
    throw new ReasonError('SCHEMA_NEWER_THAN_BUILD', {
      detail: `${store} has ${newer.toSorted().join(', ')}, whose tables this build does not know`,
    });
  }
  return migrations.filter(({ version }) => versions.includes(version));
}

/** @param why a clause */
export function resetRefused(why: string, cause?: unknown): ReasonError {
  return new ReasonError('MIGRATION_RESET_REFUSED', {
    detail: `nothing has been dropped: ${why}`,
    cause,
  });
}
