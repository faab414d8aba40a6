import type { StoreDeclaration } from './store-declaration.js';
import { choicesOf, type JudgeInput, resolverOf } from './judge-input.js';
import { EXPLICIT } from './profile.js';
import { backendNamed } from './store-rules.js';
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
 * Refuses that a store falls to SQLite while anything points to PostgreSQL: a server that is given, a store
 * that is on one, the backend of a store that is off. It falls when nothing chose that: no LOCAL, no
 * `DB_TYPE=sqlite` and no backend of its own. What is given and unused although everything was chosen is
 * only a warning, `Settings.unusedDsns`.
 */
export function judgeUnusedPostgres(input: JudgeInput): readonly Violation[] {
  const { raw, values, service } = input;
  const { profile, decidedBy } = input.decision;
  const { stores } = service;
  if (profile !== 'LOCAL' || decidedBy === EXPLICIT || values.DB_TYPE === 'sqlite') return [];
  const { choices } = choicesOf(input, profile);
  const fallen = choices.flatMap(({ store, backend }) =>
    backend !== 'POSTGRES' && !raw.texts.has(store.backendVariable) ? [store] : [],
  );
  if (fallen.length === 0) return [];

  const resolver = resolverOf(input);
  const isThere = (name: string) => resolver.isSet(name) || raw.blank.has(name);
  const isOnPostgres = (store: StoreDeclaration) =>
    choices.some((choice) => choice.store === store && choice.backend === 'POSTGRES');
  const own = stores
    .filter((store) => !isOnPostgres(store))
    .map(({ dsnVariable }) => dsnVariable)
    .filter(isThere);
  const shared = SHARED.filter(isThere);
  const given = [
    ...shared.filter((name) => name === 'DATABASE_URL'),
    ...own,
    ...shared,
    ...[...raw.texts].flatMap(([name, text]) => (POSTGRES_URL.test(text) ? [name] : [])),
  ].filter((name) => !stores.some((store) => store.dsnVariable === name && isOnPostgres(store)));
  const names = fallen.map(({ name }) => name).join(', ');
  const fallenTo = `these stores would be on SQLITE: ${names}`;
  const refused = (variable: string, message: string, fix?: string) => [
    violation('POSTGRES_SETTINGS_UNUSED', variable, message, fix),
  ];
  const [first] = given;
  if (first !== undefined) {
    return refused(first, `is set, but nothing says that it is to be used or not, and ${fallenTo}`);
  }
  const [stray] = raw.unreadNames.servers;
  if (stray !== undefined) {
    return refused(
      stray,
      `seems to name a database server and is not read, and ${fallenTo}`,
      STRAY_FIX,
    );
  }
  const beside = stores.find(
    ({ backendVariable }) => backendNamed(raw.texts.get(backendVariable) ?? '') === 'POSTGRES',
  );
  if (!beside) return [];
  const what = isOnPostgres(beside) ? '' : ', a store that is turned off';
  return refused(
    beside.backendVariable,
    `puts ${beside.name} on POSTGRES${what}, and nothing says where the others are to be: ${fallenTo}`,
    besideFix(fallen),
  );
}

/** Both ways out for stores that nobody has put anywhere. */
function besideFix(fallen: readonly StoreDeclaration[]): string {
  const set = (value: string) =>
    fallen.map(({ backendVariable }) => `${backendVariable}=${value}`).join(' and ');
  return `To have them on PostgreSQL, set ${set('POSTGRES')}, each with a connection string of its own or with DATABASE_URL; to be on SQLite on purpose, set ${set('SQLITE')}, or APP_PERSISTENCE_PROFILE=LOCAL.`;
}

const POSTGRES_URL = /postgres(?:ql)?(?:\+\w+)?:\/\//i;

const STRAY_FIX =
  'If it is a PostgreSQL for this service, give it as DATABASE_URL, with APP_PERSISTENCE_PROFILE=PRODUCTION; to be on SQLite on purpose, or where it is for another program, set APP_PERSISTENCE_PROFILE=LOCAL.';
