import { resolve } from 'node:path';
import { maskDsn } from '@holdfast/guard/dsn';
import type { Settings } from '@holdfast/guard/settings';
import { table } from '@holdfast/core/table';

/**
 * Where a command is: profile, and for each store its backend and its database. One JSON line under
 * `LOG_FORMAT=json`, else lines for people; a DSN is masked.
 */
export function settingsSummary(settings: Settings): string {
  const { profile, profileBy, environment, strict, stores, unusedDsns, notices } = settings;
  const places = stores.map(({ store, backend }) => ({
    store,
    backend,
    ...placeOf(settings, store),
  }));
  if (settings.log.format === 'json') {
    const line = {
      level: 'info',
      event: 'command.where',
      profile,
      ...(profileBy !== null && { profile_by: profileBy }),
      ...(environment !== null && { environment }),
      strict,
      stores: Object.fromEntries(places.map(({ store, ...place }) => [store, place])),
      ...(unusedDsns.length > 0 && { unused: unusedDsns }),
      ...(notices.length > 0 && { notices }),
    };
    return `${JSON.stringify(line)}\n`;
  }
  const by = profileBy === null ? 'nothing says otherwise' : `by ${profileBy}`;
  const named = environment === null ? '' : `, environment ${environment}`;
  const head = `${profile} (${by})${named}${strict ? ', strict' : ''}\n`;
  const rows = places.map(({ store, backend, database, migrated_by: migratedBy }) => [
    `  ${store}`,
    backend,
    database ?? 'in memory',
    ...(migratedBy === undefined ? [] : [`migrated by ${migratedBy}`]),
  ]);
  const unused = unusedDsns.map((name) => `  ${name} is set, but no store uses it\n`);
  const unknown = notices.map(({ variable, message }) => `  ${variable} ${message}\n`);
  return `${head}${table(rows)}${[...unused, ...unknown].join('')}`;
}

/** No database for a store in memory. */
function placeOf(
  { databases }: Settings,
  store: string,
): { readonly database: string | null; readonly migrated_by?: string } {
  const database = databases.find(({ stores }) => stores.includes(store));
  if (!database) return { database: null };
  if (database.type === 'sqlite') return { database: resolve(database.path) };
  const { dsn, migrationDsn } = database;
  return {
    database: maskDsn(dsn),
    ...(migrationDsn && { migrated_by: maskDsn(migrationDsn) }),
  };
}
