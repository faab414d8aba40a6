import { Inject, Injectable } from '@nestjs/common';
import { MIGRATED_STORES } from '../database/database.module.js';
import {
  compareMigrations,
  isServable,
  type MigrationState,
  type StoreMigrations,
  worstState,
} from '@holdfast/migrate/status';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { isOf } from '../verification/needs.js';
import type { BrokenStatement } from '../verification/own-statements.js';
import { DATABASE_PROBES } from './database.indicator.js';
import type { DatabaseProbe, ProbedDatabase } from './database-probe.js';

/** The body of `GET /health/migrations`. */
export interface MigrationStatus {
  readonly status: MigrationState;
  readonly stores: Readonly<Record<string, StoreMigrations>>;
}

/** Each store's place in its migrations, from what the probes read anyway. */
@Injectable()
export class MigrationStatusReader {
  constructor(
    @Inject(MIGRATED_STORES) private readonly stores: readonly MigratedStore[],
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
  ) {}

  async read(): Promise<MigrationStatus> {
    const stores = await Promise.all(
      this.stores.map(async (store) => [store.store, await this.#statusOf(store)] as const),
    );
    return {
      status: worstState(stores.map(([, { status }]) => status)),
      stores: Object.fromEntries(stores),
    };
  }

  async #statusOf(store: MigratedStore): Promise<StoreMigrations> {
    const probe = this.probes.find(({ database }) => database.name === store.database);
    const reading = await probe?.read();
    const ledger = reading?.ok ? reading.value.ledger : [];
    const known = compareMigrations(
      store.backend,
      store.migrations,
      ledger.filter((entry) => entry.store === store.store),
    );
    if (reading?.ok) return asFits(store, known, reading.value);
    if (!probe) return known;
    return { ...known, status: 'unknown', current: null, applied: 0, pending: [] };
  }
}

/** What the ledger says is there and this build can go on with, but is not what its statements need. */
function asFits(
  store: MigratedStore,
  known: StoreMigrations,
  { compatibility, broken }: ProbedDatabase,
): StoreMigrations {
  if (!isServable(known)) return known;
  const own = compatibility.mismatches.filter((each) => each.store === store.store);
  const isUnlike = compatibility.mismatches.some(({ table }) => isOf(store, table));
  if (own.length === 0 && !isUnlike) return known;
  const routes = brokenRoutesOf(store.store, broken);
  return {
    ...known,
    status: 'drifted',
    ...(own.length > 0 && { broken_statements: own.length }),
    ...(routes.length > 0 && { broken_routes: routes }),
  };
}

function brokenRoutesOf(store: string, broken: readonly BrokenStatement[]): readonly string[] {
  const routes = broken.filter((each) => each.store === store).flatMap((each) => each.routes);
  return [...new Set(routes)].toSorted();
}
