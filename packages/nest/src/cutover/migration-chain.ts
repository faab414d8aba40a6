import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { destroySession, type LedgerEntry } from '@holdfast/postgres/sessions/session';
import { idOf } from '@holdfast/migrate/migration';
import { asMigrationTarget } from '@holdfast/migrate/migration-session';
import {
  type MigratedStore,
  refuseUnmigrated,
  statusesOf,
  storesIn,
} from '@holdfast/migrate/migrator';
import { findDrift } from '@holdfast/migrate/schema/drift';
import { ReasonError } from './cutover.reasons.js';
import type { Chain } from './chain.js';
import {
  withAnswerTimeout,
  boundedDatabase,
  boundedPool,
  type CheckContext,
  findingOf,
  withDriverFailure,
} from './context.js';
import { failed, type Finding, passed } from './finding.js';
import { withResource } from '@holdfast/core/with-resource';

/** Whether every store of a database is at head, and its tables are what the migrations make. */
export function migrationChain(given: DatabaseSettings, context: CheckContext): Chain {
  const database = boundedDatabase(given);
  return {
    names: [
      ...given.stores.map((store) => `migrations.${store}`),
      ...given.stores.map((store) => `drift.${store}`),
    ],
    run: async (report) => {
      const stores = storesIn(context.stores(), given);
      const ledger = await readLedger(database, context);
      for (const store of stores) {
        report(`migrations.${store.store}`, await findingOf(() => judgeLedger(store, ledger)));
      }
      for (const store of stores) {
        const judge = () => judgeDrift(store, ledger, database, context);
        report(`drift.${store.store}`, await findingOf(judge));
      }
    },
  };
}

async function readLedger(
  database: DatabaseSettings,
  { settings }: CheckContext,
): Promise<readonly LedgerEntry[]> {
  if (database.type === 'sqlite' && !existsSync(database.path)) return [];
  const opening = openSession(database, boundedPool(settings.pool), 'probe');
  return withResource(withDriverFailure(database, opening), destroySession, async (session) => {
    return (await withAnswerTimeout(database, session.inspect())).ledger;
  });
}

async function judgeLedger(store: MigratedStore, ledger: readonly LedgerEntry[]): Promise<Finding> {
  try {
    await Promise.resolve();
    refuseUnmigrated([store], ledger);
  } catch (error) {
    if (error instanceof ReasonError) return failed(error.code, error.message);
    throw error;
  }
  const { current, status } = statusesOf([store], ledger)[store.store] ?? {};
  return passed(`${status === 'head' ? 'at head' : 'ahead, and compatible'}: ${current ?? 'none'}`);
}

async function judgeDrift(
  store: MigratedStore,
  ledger: readonly LedgerEntry[],
  database: DatabaseSettings,
  { settings }: CheckContext,
): Promise<Finding> {
  const applied = store.migrations.filter(({ version }) =>
    ledger.some((entry) => entry.store === store.store && entry.version === version),
  );
  if (applied.length === 0) return passed('no migration is applied');
  try {
    const differences = await withDriverFailure(
      asMigrationTarget(database),
      findDrift(database, settings.pool, applied),
    );
    const names = [...new Set(differences.map(({ table }) => table))].join(', ');
    if (differences.length === 0) return passed(`as made up to ${applied.map(idOf).at(-1) ?? ''}`);
    return failed('SCHEMA_DRIFTED', `${differences.length} differences in ${names}`);
  } catch (error) {
    if (!(error instanceof ReasonError) || error.code !== 'MIGRATION_DRIFT_NOT_COMPARABLE')
      throw error;
    return passed('not compared: migrate status --drift says what it takes');
  }
}
