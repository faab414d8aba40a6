import { existsSync } from 'node:fs';
import { idOf } from '@holdfast/migrate/migration';
import { inOneDialect } from '@holdfast/migrate/migration-files';
import { storesIn, type MigratedStore } from '@holdfast/migrate/migrator';
import {
  describeHolder,
  asMigrationTarget,
  type LockHolder,
} from '@holdfast/migrate/migration-session';
import type { InvalidIndex } from '@holdfast/migrate/postgres/run/concurrent-index';
import { isServable, type StoreMigrations, worstState } from '@holdfast/migrate/status';
import { EXIT } from '@holdfast/core/reasons';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { service } from '../service.js';
import {
  chosenStores,
  type MigrateFlags,
  readStatuses,
  type Statuses,
  withDriverFailure,
} from './migrate-databases.js';

interface Flags extends MigrateFlags {
  readonly drift?: boolean;
}

/** `holdfast migrate status` */
export async function status(context: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosenStores(context, flags);
  const statuses = await readStatuses(context, stores);
  const { holders, indexes } = await readMigrationActivity(context, stores, statuses);
  const drift = flags.drift ? await import('./migrate-drift.js') : undefined;
  const drifts = await drift?.readDrifts(context.settings, stores, statuses);
  const lines = [
    ...missingFiles(context, stores).map(
      (path) => `${path} is not there yet: migrate up makes it, or SQLITE_PATH names another`,
    ),
    ...Object.entries(statuses).flatMap(([store, one]) => [
      ...storeLines(store, one),
      ...(drift?.driftLines(one, drifts?.[store] ?? null) ?? []),
    ]),
    ...holders.map((holder) => `${holder.store}: being migrated by ${describeHolder(holder)}`),
    ...indexes.map(indexLine),
    ...stores
      .flatMap(({ store }) => inOneDialect(service.migrations, store))
      .map(({ store, dialect, id, text }) => `warning: ${store}/${dialect}/${id}.sql: ${text}`),
  ];
  const all = Object.values(statuses);
  const isRefused = all.some(
    (one) => one.status === 'drifted' || (one.status === 'ahead' && !isServable(one)),
  );
  const differs = Object.values(drifts ?? {}).some((found) => found && found.length > 0);
  return {
    text: `${lines.join('\n')}\n`,
    document: {
      status: worstState(all.map((one) => one.status)),
      stores: statuses,
      ...(drifts && { drift: drifts }),
      ...(holders.length > 0 && { lock_holders: holders.map(holderDocument) }),
      ...(indexes.length > 0 && { invalid_indexes: indexes }),
    },
    exitCode: isRefused || differs ? EXIT.failed : EXIT.ok,
  };
}

function missingFiles({ settings }: CommandContext, stores: readonly MigratedStore[]) {
  return settings.databases
    .filter((database) => storesIn(stores, database).length > 0)
    .flatMap((database) => (database.type === 'sqlite' ? [database.path] : []))
    .filter((path) => !existsSync(path));
}

function holderDocument({ store, pid, applicationName, state, ageSeconds }: LockHolder) {
  return { store, pid, application_name: applicationName, state, age_seconds: ageSeconds };
}

function indexLine({ index, table, pending }: InvalidIndex): string {
  const advice = pending
    ? 'its build was cut short; migrate up builds it again'
    : `no pending migration builds it: REINDEX INDEX CONCURRENTLY ${index}, or DROP INDEX CONCURRENTLY ${index}`;
  return `index ${index} on ${table} is INVALID: ${advice}`;
}

function storeLines(store: string, one: StoreMigrations): readonly string[] {
  const ahead = one.backward_compatible ? 'ahead, compatible' : 'ahead';
  return [
    `${store} (${one.backend}): ${one.status}, ${one.applied} of ${one.expected} applied, at ${one.current ?? 'none'}`,
    ...one.pending.filter((id) => !one.out_of_order?.includes(id)).map((id) => `  pending  ${id}`),
    ...(one.out_of_order ?? []).map(
      (id) => `  late     ${id}: comes before ${one.current ?? 'one'}, which is already applied`,
    ),
    ...one.ahead.map((id) => `  ${ahead}    ${id}`),
    ...one.drifted.map((id) => `  edited   ${id}`),
    ...(one.renamed ?? []).map(
      ({ applied, file }) => `  renamed  ${applied} is ${file} in this build`,
    ),
  ];
}

/** What migrators that are at work, or that were killed, leave to be seen. */
async function readMigrationActivity(
  { settings }: CommandContext,
  stores: readonly MigratedStore[],
  statuses: Statuses,
): Promise<{ readonly holders: readonly LockHolder[]; readonly indexes: readonly InvalidIndex[] }> {
  const traces = await Promise.all(
    settings.databases.map(async (database) => {
      const inDatabase = storesIn(stores, database);
      const names = inDatabase.map(({ store }) => store);
      const pending = inDatabase.flatMap(({ store, migrations }) =>
        migrations.filter((migration) => statuses[store]?.pending.includes(idOf(migration))),
      );
      if (database.type === 'sqlite' || names.length === 0) return { holders: [], indexes: [] };
      const { readMigrationActivity: read } =
        await import('@holdfast/migrate/postgres/run/migration-activity');
      return withDriverFailure(asMigrationTarget(database), () =>
        read(asMigrationTarget(database), settings.pool, names, pending),
      );
    }),
  );
  return {
    holders: traces.flatMap(({ holders }) => holders),
    indexes: traces.flatMap(({ indexes }) => indexes),
  };
}
