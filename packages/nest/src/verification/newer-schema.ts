import type { Compatibility, Mismatch } from '@holdfast/postgres/verification/needs';
import type { LedgerEntry } from '@holdfast/postgres/sessions/session';
import { type MigratedStore, statusesOf } from '@holdfast/migrate/migrator';
import { isOf } from './needs.js';
import { type BrokenStatement, doubtOf } from './own-statements.js';

/** Whether anything was found that a newer build may have made, or taken away. */
function mayBeNewer({ mismatches, intercepting }: Compatibility): boolean {
  return [...mismatches, ...intercepting].some(({ foreign, missing }) => foreign ?? missing);
}

/**
 * Without what a newer build may have added: constraints and triggers on the tables of a store of whose
 * migrations the ledger has some that this build does not know. Whether it can go on with those is
 * said in the ledger. What such a build has taken away, this build may not use: its statements say so.
 * @param broken statements that cannot be prepared; those of other stores are left out
 */
export function asOfLedger(
  compatibility: Compatibility,
  stores: readonly MigratedStore[],
  ledger: readonly LedgerEntry[],
  broken: readonly BrokenStatement[],
): Compatibility {
  if (!mayBeNewer(compatibility) && broken.length === 0) return compatibility;
  const statuses = statusesOf(stores, ledger);
  const ahead = stores.filter(({ store }) => (statuses[store]?.ahead.length ?? 0) > 0);
  const asked = doubtOf(stores, ledger).stores;
  const told = broken.filter((each) => asked.some(({ store }) => store === each.store));
  const isOwn = ({ table, foreign, missing }: Mismatch) =>
    !(foreign && ahead.some((store) => isOf(store, table))) &&
    !(missing && asked.some((store) => isOf(store, table)));
  return {
    ...compatibility,
    mismatches: [...compatibility.mismatches.filter(isOwn), ...told.map(mismatchOf)],
    intercepting: compatibility.intercepting.filter(isOwn),
  };
}

function mismatchOf({ store, name, says }: BrokenStatement): Mismatch {
  return { table: '', store, text: `${name} of ${store} fails: ${says}` };
}
