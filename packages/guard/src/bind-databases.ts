import type { DatabaseSettings } from './databases.js';
import { type Dsn, isSocket } from './dsn.js';
import type { DsnResolver } from './dsn-resolver.js';
import { type AccessDefaults, accessTo } from './postgres-access.js';
import type { Profile } from './profile.js';
import type { StoreBinding } from './store-declaration.js';
import type { StoreChoice } from './store-rules.js';

/** The distinct databases behind the stores; call it only when nothing has been refused. */
export function bindDatabases(
  profile: Profile,
  choices: readonly StoreChoice[],
  dsns: DsnResolver,
  sqlitePath: string,
  access: AccessDefaults,
): { readonly bindings: readonly StoreBinding[]; readonly databases: readonly DatabaseSettings[] } {
  const found = new Map<string, { stores: string[]; dsn?: Dsn; migrationDsn?: Dsn }>();
  for (const { store, backend } of choices) {
    if (backend === undefined || backend === 'IN_MEMORY') continue;
    const verdict = backend === 'POSTGRES' ? dsns.of(store)?.verdict : undefined;
    const dsn = verdict && 'dsn' in verdict ? verdict.dsn : undefined;
    const key = dsn ? identity(dsn) : backend;
    const database = found.get(key) ?? { stores: [], ...(dsn && { dsn }) };
    database.stores.push(store.name);
    const migrationDsn = dsn && dsns.forMigrating(store);
    if (migrationDsn) database.migrationDsn = migrationDsn;
    found.set(key, database);
  }

  const databases = [...found.values()].map(
    ({ stores, dsn, migrationDsn }, index): DatabaseSettings => {
      const name = index === 0 ? 'primary' : (stores[0] ?? 'primary');
      return dsn
        ? {
            name,
            type: 'postgresql',
            stores,
            ...(migrationDsn && { migrationDsn }),
            ...accessTo(dsn, profile, access),
          }
        : { name, type: 'sqlite', stores, path: sqlitePath };
    },
  );
  const bindings = choices.map(({ store, backend = 'IN_MEMORY' }): StoreBinding => {
    const database = databases.find(({ stores }) => stores.includes(store.name))?.name;
    return { store: store.name, backend, ...(database !== undefined && { database }) };
  });
  return { bindings, databases };
}

/**
 * The databases, and the one that is used without a store. No profile says what it is for: what leaves the machine is
 * encrypted unless the connection string or `DB_SSL_MODE` says otherwise.
 */
export function withShared(
  databases: readonly DatabaseSettings[],
  shared: Dsn | undefined,
  access: AccessDefaults,
): readonly DatabaseSettings[] {
  const isThere = databases.some(
    (each) => each.type === 'postgresql' && shared && identity(each.dsn) === identity(shared),
  );
  if (!shared || isThere) return databases;
  const name = 'shared';
  return [
    ...databases,
    { name, type: 'postgresql', stores: [], ...accessTo(shared, 'PRODUCTION', access) },
  ];
}

/** Two connection strings with the same identity share one pool. */
export function identity(dsn: Dsn): string {
  return JSON.stringify([
    dsn.user,
    dsn.password?.reveal(),
    dsn.hosts.map(({ host, port }) => [isSocket({ host }) ? host : host.toLowerCase(), port]),
    dsn.database,
    dsn.targetSessionAttrs,
    dsn.sslMode,
    dsn.channelBinding,
    dsn.directTls,
    dsn.options,
    dsn.certificates?.authorities,
    dsn.certificates?.certificate,
    dsn.applicationName,
    dsn.connectTimeoutSeconds,
  ]);
}
