import type { StoreDeclaration } from './store-declaration.js';
import { DsnResolver } from './databases.js';
import type { Surroundings } from './dsn.js';
import type { Values } from './environment.js';
import { EXPLICIT, type ProfileDecision } from './profile.js';
import type { RawEnvironment } from './read-environment.js';
import { chooseBackends } from './store-rules.js';
import { violation, type Violation } from './violation.js';

/** Beside the stores' own; a blank one counts, since that is how a lost value looks. */
const SHARED = [
  'DATABASE_URL',
  'DB_HOST',
  'DB_NAME',
  'DB_USER',
  'DB_PASSWORD',
  'MIGRATION_DATABASE_URL',
  'DB_READ_REPLICA_URLS',
];

/**
 * Refuses that a store falls to SQLite while a PostgreSQL is named that it could be on. It falls when nothing chose
 * that: no LOCAL, no `DB_TYPE=sqlite` and no backend of its own. What is given and unused although
 * everything was chosen is only a warning, `Settings.unusedDsns`.
 */
export function judgeUnusedPostgres(
  raw: RawEnvironment,
  values: Values,
  { profile, decidedBy }: ProfileDecision,
  stores: readonly StoreDeclaration[],
  surroundings: Surroundings,
): readonly Violation[] {
  if (profile !== 'LOCAL' || decidedBy === EXPLICIT || values.DB_TYPE === 'sqlite') return [];
  const enabled = (name: string) => (values as Readonly<Record<string, unknown>>)[name] === true;
  const { choices } = chooseBackends(raw.texts, profile, stores, enabled);
  const fallen = choices.filter(
    ({ store, backend }) => backend !== 'POSTGRES' && !raw.texts.has(store.backendVariable),
  );
  if (fallen.length === 0) return [];

  const resolver = new DsnResolver(raw, values, surroundings);
  const onPostgres = choices.flatMap(({ store, backend }) =>
    backend === 'POSTGRES' ? [store] : [],
  );
  const isThere = (name: string) => resolver.isSet(name) || raw.blank.has(name);
  const shared = SHARED.filter(isThere);
  const own = stores
    .filter((store) => !onPostgres.includes(store))
    .map(dsnVariable)
    .filter(isThere);
  const isOwnMissed =
    onPostgres.length === 0 || fallen.some(({ store }) => own.includes(store.dsnVariable));
  const known = [
    ...shared.filter((name) => name === 'DATABASE_URL'),
    ...(isOwnMissed ? own : []),
    ...shared,
  ];
  const [first] = [...known, ...raw.strays.servers];
  if (first === undefined) return [];
  const names = fallen.map(({ store }) => store.name).join(', ');
  const fallenTo = `these stores would be on SQLITE: ${names}`;
  if (known.length === 0) {
    const message = `names a PostgreSQL and is not read, and ${fallenTo}`;
    return [violation('POSTGRES_SETTINGS_UNUSED', first, message, STRAY_FIX)];
  }
  const message = `is set, but nothing says that it is to be used or not, and ${fallenTo}`;
  return [violation('POSTGRES_SETTINGS_UNUSED', first, message)];
}

const STRAY_FIX =
  'Give the server as DATABASE_URL, with APP_PERSISTENCE_PROFILE=PRODUCTION; to be on SQLite on purpose, set APP_PERSISTENCE_PROFILE=LOCAL.';

function dsnVariable(store: StoreDeclaration): string {
  return store.dsnVariable;
}
