import { Secret } from '@holdfast/core/secret';
import type { IgnoredParameter } from './databases.js';
import { type Dsn, type DsnVerdict, judgeDsn, judgeServer, type DsnContext } from './dsn.js';
import type { Values } from './environment.js';
import { ignoredIn, type JudgedDsn, renewed } from './judged-dsn.js';
import type { RawEnvironment } from './read-environment.js';
import { renewing } from './renewed-password.js';
import { readSecretFile } from './secrets/secret-file.js';
import type { StoreDeclaration } from './store-declaration.js';
import { violation, type Violation } from './violation.js';

/** Of a server that is given by its parts. */
const PARTS = ['DB_HOST', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'];

/** How connections are encrypted, where there are some. */
const ENCRYPTION = ['DB_SSL_MODE', 'DB_SSL_CA_FILE'];

/** Resolves the connection string of each store on POSTGRES, and judges each variable once. */
export class DsnResolver {
  readonly #given = new Map<string, JudgedDsn | undefined>();

  constructor(
    private readonly raw: RawEnvironment,
    private readonly values: Values,
    private readonly dsnContext: DsnContext,
    /** Whether `DATABASE_URL` or `DB_HOST` is used, whatever the stores use. */
    private readonly usesShared = false,
  ) {}

  /** Whether any source is set for the store, readable or not. */
  isGiven(store: StoreDeclaration): boolean {
    return this.sourceOf(store) !== undefined;
  }

  of(store: StoreDeclaration): JudgedDsn | undefined {
    return this.#judged(this.sourceOf(store));
  }

  /** The faults of the connection strings that the stores would use. */
  violations(stores: readonly StoreDeclaration[]): readonly Violation[] {
    return this.#usedBy(stores).flatMap(({ variable, verdict }) =>
      'faults' in verdict
        ? verdict.faults.map(({ code, message, fix }) => violation(code, variable, message, fix))
        : [],
    );
  }

  /** What was left out of the connection strings that the stores use. */
  ignored(stores: readonly StoreDeclaration[]): readonly IgnoredParameter[] {
    return this.#usedBy(stores).flatMap(({ variable, verdict }) =>
      'dsn' in verdict ? ignoredIn(variable, verdict.dsn) : [],
    );
  }

  /** Variables that hold a connection string which none of the stores uses. */
  unused(stores: readonly StoreDeclaration[], all: readonly StoreDeclaration[]): string[] {
    const used = this.sourcesOf(stores);
    const [part] = PARTS.filter((name) => this.isSet(name) || this.raw.blank.has(name));
    const given = [...all.map(({ dsnVariable }) => dsnVariable), 'DATABASE_URL'].filter((name) =>
      this.raw.texts.has(name),
    );
    const isShared = used.has('DATABASE_URL') || used.has('DB_HOST');
    return [
      ...given.filter((name) => !used.has(name)),
      ...(part !== undefined && !used.has('DB_HOST') ? [part] : []),
      ...(used.size === 0 ? ENCRYPTION.filter((name) => this.isSet(name)) : []),
      ...(this.raw.texts.has('MIGRATION_DATABASE_URL') && !isShared
        ? ['MIGRATION_DATABASE_URL']
        : []),
    ];
  }

  /** `MIGRATION_DATABASE_URL`, for a store that is served by `DATABASE_URL` or `DB_HOST`. */
  forMigrating(store: StoreDeclaration): Dsn | undefined {
    const verdict =
      this.sourceOf(store) === store.dsnVariable ? undefined : this.#migration()?.verdict;
    return verdict && 'dsn' in verdict ? verdict.dsn : undefined;
  }

  /** What `DATABASE_URL` or `DB_HOST` names, whoever uses it; undefined when nobody could. */
  shared(): Dsn | undefined {
    const verdict = this.#judged(this.#sharedSource())?.verdict;
    return verdict && 'dsn' in verdict ? verdict.dsn : undefined;
  }

  #usedBy(stores: readonly StoreDeclaration[]): readonly JudgedDsn[] {
    const used = new Set(
      [...this.sourcesOf(stores)]
        .map((source) => this.#judged(source))
        .filter((given) => given !== undefined),
    );
    const migration = this.#migration();
    return [...used, ...(migration ? [migration] : [])];
  }

  #migration(): JudgedDsn | undefined {
    const text = this.raw.texts.get('MIGRATION_DATABASE_URL');
    return text === undefined
      ? undefined
      : {
          variable: 'MIGRATION_DATABASE_URL',
          verdict: this.#renewed(judgeDsn(text, this.dsnContext), 'MIGRATION_DATABASE_URL'),
        };
  }

  #renewed(verdict: DsnVerdict, variable: string): DsnVerdict {
    return renewed(verdict, this.raw.files?.get(variable), this.dsnContext);
  }

  /** The variable that the connection string of a store comes from; `DB_HOST` for the parts. */
  sourceOf(store: StoreDeclaration): string | undefined {
    return this.isSet(store.dsnVariable) ? store.dsnVariable : this.#sharedSource();
  }

  /** The variables that the connection strings of these stores, and the one that is used without any, come from. */
  sourcesOf(stores: readonly StoreDeclaration[]): ReadonlySet<string> {
    const sources = [
      ...stores.map((store) => this.sourceOf(store)),
      ...(this.usesShared ? [this.#sharedSource()] : []),
    ];
    return new Set(sources.filter((source) => source !== undefined));
  }

  #sharedSource(): string | undefined {
    if (this.isSet('DATABASE_URL')) return 'DATABASE_URL';
    return ['DB_HOST', 'DB_NAME', 'DB_USER'].every((name) => this.isSet(name))
      ? 'DB_HOST'
      : undefined;
  }

  /** Whether a variable is given, readable or not. */
  isSet(name: string): boolean {
    return this.raw.texts.has(name) || this.raw.unreadable.has(name);
  }

  #judged(source: string | undefined): JudgedDsn | undefined {
    if (source === undefined || this.raw.unreadable.has(source)) return undefined;
    if (!this.#given.has(source)) this.#given.set(source, this.#judge(source));
    return this.#given.get(source);
  }

  #judge(source: string): JudgedDsn {
    if (source !== 'DB_HOST') {
      const verdict = judgeDsn(this.raw.texts.get(source) ?? '', this.dsnContext);
      return { variable: source, verdict: this.#renewed(verdict, source) };
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
