import type { StoreBinding } from './store-declaration.js';
import type { StoreDeclaration } from './store-declaration.js';
import {
  type Dsn,
  type DsnVerdict,
  isSocket,
  judgeDsn,
  judgeServer,
  type Surroundings,
} from './dsn.js';
import type { Values } from './environment.js';
import { type AccessDefaults, accessTo, type PostgresAccess } from './postgres-access.js';
import type { Profile } from './profile.js';
import type { RawEnvironment } from './read-environment.js';
import { readSecretFile, renewing } from './renewed-password.js';
import { Secret } from '@holdfast/core/secret';
import type { StoreChoice } from './store-rules.js';
import { violation, type Violation } from './violation.js';

export interface PostgresSettings extends PostgresAccess {
  /** `primary` for the first database, else the name of the first store it holds. */
  readonly name: string;
  readonly type: 'postgresql';
  readonly stores: readonly string[];
  /** Another way to the same database, for migrating it. */
  readonly migrationDsn?: Dsn;
  /** Standbys of it that may be read from; absent when there are none. */
  readonly replicas?: readonly PostgresSettings[];
  /** One schema in which tables are looked for first; absent for the search_path of the role. */
  readonly searchPath?: string;
}

export interface SqliteSettings {
  readonly name: string;
  readonly type: 'sqlite';
  readonly stores: readonly string[];
  readonly path: string;
  /** Opened as it is, and never written to. */
  readonly readOnly?: true;
}

/** One distinct database and the stores it holds. */
export type DatabaseSettings = PostgresSettings | SqliteSettings;

/** What was left out of a connection string. */
export interface IgnoredParameter {
  readonly variable: string;
  readonly message: string;
}

export function ignoredIn(variable: string, { ignored = [] }: Dsn): readonly IgnoredParameter[] {
  return ignored.map((message) => ({ variable, message }));
}

/** Of a server that is given by its parts. */
const PARTS = ['DB_HOST', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'];

/** How connections are encrypted, where there are some. */
const ENCRYPTION = ['DB_SSL_MODE', 'DB_SSL_CA_FILE'];

/** A connection string as given: the variable that is to blame for it, and the judgement. */
interface GivenDsn {
  readonly variable: string;
  readonly verdict: DsnVerdict;
}

/** Resolves the connection string of each store on POSTGRES, and judges each variable once. */
export class DsnResolver {
  readonly #given = new Map<string, GivenDsn | undefined>();

  constructor(
    private readonly raw: RawEnvironment,
    private readonly values: Values,
    private readonly surroundings: Surroundings,
  ) {}

  /** Whether any source is set for the store, readable or not. */
  isGiven(store: StoreDeclaration): boolean {
    return this.sourceOf(store) !== undefined;
  }

  of(store: StoreDeclaration): GivenDsn | undefined {
    const source = this.sourceOf(store);
    if (source === undefined || this.raw.unreadable.has(source)) return undefined;
    if (!this.#given.has(source)) this.#given.set(source, this.judge(source));
    return this.#given.get(source);
  }

  /** The faults of the connection strings that the stores would use. */
  violations(stores: readonly StoreDeclaration[]): readonly Violation[] {
    return this.usedBy(stores).flatMap(({ variable, verdict }) =>
      'faults' in verdict
        ? verdict.faults.map(({ code, message, fix }) => violation(code, variable, message, fix))
        : [],
    );
  }

  /** What was left out of the connection strings that the stores use. */
  ignored(stores: readonly StoreDeclaration[]): readonly IgnoredParameter[] {
    return this.usedBy(stores).flatMap(({ variable, verdict }) =>
      'dsn' in verdict ? ignoredIn(variable, verdict.dsn) : [],
    );
  }

  /** Variables that hold a connection string which none of the stores uses. */
  unused(stores: readonly StoreDeclaration[], all: readonly StoreDeclaration[]): string[] {
    const used = new Set(stores.map((store) => this.sourceOf(store)));
    const [part] = PARTS.filter((name) => this.isSet(name) || this.raw.blank.has(name));
    const given = [...all.map(({ dsnVariable }) => dsnVariable), 'DATABASE_URL'].filter((name) =>
      this.raw.texts.has(name),
    );
    const isShared = used.has('DATABASE_URL') || used.has('DB_HOST');
    return [
      ...given.filter((name) => !used.has(name)),
      ...(part !== undefined && !used.has('DB_HOST') ? [part] : []),
      ...(stores.length === 0 ? ENCRYPTION.filter((name) => this.isSet(name)) : []),
      ...(this.raw.texts.has('MIGRATION_DATABASE_URL') && !isShared
        ? ['MIGRATION_DATABASE_URL']
        : []),
    ];
  }

  /** `MIGRATION_DATABASE_URL`, for a store that is served by `DATABASE_URL` or `DB_HOST`. */
  forMigrating(store: StoreDeclaration): Dsn | undefined {
    const verdict =
      this.sourceOf(store) === store.dsnVariable ? undefined : this.migration()?.verdict;
    return verdict && 'dsn' in verdict ? verdict.dsn : undefined;
  }

  /** What `DATABASE_URL` or `DB_HOST` names, whoever uses it; undefined when nobody could. */
  shared(): Dsn | undefined {
    const source = this.sharedSource();
    if (source === undefined || this.raw.unreadable.has(source)) return undefined;
    const { verdict } = this.judge(source);
    return 'dsn' in verdict ? verdict.dsn : undefined;
  }

  private usedBy(stores: readonly StoreDeclaration[]): readonly GivenDsn[] {
    const used = new Set(
      stores.map((store) => this.of(store)).filter((given) => given !== undefined),
    );
    const migration = this.migration();
    return [...used, ...(migration ? [migration] : [])];
  }

  private migration(): GivenDsn | undefined {
    const text = this.raw.texts.get('MIGRATION_DATABASE_URL');
    return text === undefined
      ? undefined
      : {
          variable: 'MIGRATION_DATABASE_URL',
          verdict: this.renewed(judgeDsn(text, this.surroundings), 'MIGRATION_DATABASE_URL'),
        };
  }

  private renewed(verdict: DsnVerdict, variable: string): DsnVerdict {
    return renewed(verdict, this.raw.files?.get(variable), this.surroundings);
  }

  /** The variable that the connection string of a store comes from; `DB_HOST` for the parts. */
  sourceOf(store: StoreDeclaration): string | undefined {
    return this.isSet(store.dsnVariable) ? store.dsnVariable : this.sharedSource();
  }

  private sharedSource(): string | undefined {
    if (this.isSet('DATABASE_URL')) return 'DATABASE_URL';
    return ['DB_HOST', 'DB_NAME', 'DB_USER'].every((name) => this.isSet(name))
      ? 'DB_HOST'
      : undefined;
  }

  /** Whether a variable is given, readable or not. */
  isSet(name: string): boolean {
    return this.raw.texts.has(name) || this.raw.unreadable.has(name);
  }

  private judge(source: string): GivenDsn {
    if (source !== 'DB_HOST') {
      const verdict = judgeDsn(this.raw.texts.get(source) ?? '', this.surroundings);
      return { variable: source, verdict: this.renewed(verdict, source) };
    }
    const { DB_HOST = '', DB_PORT, DB_NAME = '', DB_USER = '', DB_PASSWORD } = this.values;
    const verdict = judgeServer(DB_HOST, DB_PORT);
    if ('faults' in verdict) return { variable: 'DB_HOST', verdict };
    const password = DB_PASSWORD ? { password: new Secret(DB_PASSWORD) } : {};
    const dsn = { ...verdict.dsn, user: DB_USER, database: DB_NAME, ...password };
    const file = this.raw.files?.get('DB_PASSWORD');
    const read = async () => (file ? new Secret(await readSecretFile(file)) : undefined);
    const given = file ? renewing(dsn, read) : Object.freeze(dsn);
    return { variable: 'DB_HOST', verdict: { dsn: given } };
  }
}

/**
 * With a password that is read again, where the connection string came from a file.
 * @param entry the part of the file's text that is the connection string
 */
export function renewed(
  verdict: DsnVerdict,
  file: string | undefined,
  surroundings: Surroundings,
  entry: (text: string) => string = (text) => text,
): DsnVerdict {
  if (!('dsn' in verdict) || file === undefined) return verdict;
  return {
    dsn: renewing(verdict.dsn, async () => {
      const again = judgeDsn(entry(await readSecretFile(file)), surroundings);
      return 'dsn' in again ? again.dsn : undefined;
    }),
  };
}

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
