import type { Compatibility, Mismatch } from '@holdfast/postgres/verification/needs';
import type { LedgerEntry } from '@holdfast/postgres/sessions/session';
import { type MigratedStore, statusesOf } from '@holdfast/migrate/migrator';
import { isOf } from './needs.js';

/** Whether anything was found that a newer build may have made. */
export function hasForeign({ mismatches, intercepting }: Compatibility): boolean {
  return [...mismatches, ...intercepting].some(({ foreign }) => foreign === true);
}

/**
 * Without what a newer build may have added: constraints and triggers on the tables of a store of whose
 * migrations the ledger has some that this build does not know. Whether it can go on with those is
 * said in the ledger.
 */
export function asOfLedger(
  compatibility: Compatibility,
  stores: readonly MigratedStore[],
  ledger: readonly LedgerEntry[],
): Compatibility {
  if (!hasForeign(compatibility)) return compatibility;
  const statuses = statusesOf(stores, ledger);
  const ahead = stores.filter(({ store }) => (statuses[store]?.ahead.length ?? 0) > 0);
  const isOwn = ({ table, foreign }: Mismatch) =>
    foreign !== true || !ahead.some((store) => isOf(store, table));
  return {
    ...compatibility,
    mismatches: compatibility.mismatches.filter(isOwn),
    intercepting: compatibility.intercepting.filter(isOwn),
  };
}
