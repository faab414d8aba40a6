import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReasonError } from '../reasons.js';
import type { Backend } from '../stores/store.js';

export type Dialect = 'postgres' | 'sqlite';

/** One file `migrations/<store>/<dialect>/<version>_<name>.sql`. */
export interface Migration {
  readonly store: string;
  /** Four digits. */
  readonly version: string;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with LF line endings, in hexadecimal. */
  readonly checksum: string;
  readonly transactional: boolean;
}

/** One row of `holdfast_migrations`. */
export interface LedgerEntry {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
}

export type MigrationState = 'head' | 'pending' | 'ahead' | 'drifted' | 'unknown';

/** A store's place between the build's migrations and the ledger; ids are `<version>_<name>`. */
export interface StoreMigrations {
  readonly backend: Backend;
  readonly status: MigrationState;
  readonly current: string | null;
  readonly applied: number;
  readonly expected: number;
  readonly pending: readonly string[];
  /** In the ledger, but not in this build. */
  readonly ahead: readonly string[];
  /** Applied with another text than this build's. */
  readonly drifted: readonly string[];
}

const FILE = /^(\d{4})_([a-z0-9]+(?:_[a-z0-9]+)*)\.sql$/;

/**
 * The migrations of a store in this build, in order.
 * @param folder the project's `migrations` folder
 * @throws MIGRATION_OUT_OF_ORDER for a misnamed file, a gap or a duplicate
 */
export function readMigrations(folder: string, store: string, dialect: Dialect): Migration[] {
  const place = join(folder, store, dialect);
  if (!existsSync(place)) return [];
  const migrations = readdirSync(place)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => readMigration(place, store, file));
  migrations.forEach(({ version, name }, index) => {
    if (Number(version) !== index + 1) {
      throw new ReasonError(`MIGRATION_OUT_OF_ORDER:${store}:${version}`, {
        detail: `${store}/${dialect}/${version}_${name}.sql is not number ${index + 1}`,
      });
    }
  });
  return migrations;
}

function readMigration(place: string, store: string, file: string): Migration {
  const [, version, name] = FILE.exec(file) ?? [];
  if (version === undefined || name === undefined) {
    throw new ReasonError(`MIGRATION_OUT_OF_ORDER:${store}`, {
      detail: `${file} is not named NNNN_<verb_noun>.sql`,
    });
  }
  const sql = readFileSync(join(place, file), 'utf8')
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n');
  return {
    store,
    version,
    name,
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    transactional: !/^-- holdfast: no-transaction\s*$/.test(sql.split('\n', 1)[0] ?? ''),
  };
}

export function idOf({ version, name }: Pick<Migration, 'version' | 'name'>): string {
  return `${version}_${name}`;
}

/** Compares the build with the ledger of one store. */
export function compareMigrations(
  backend: Backend,
  expected: readonly Migration[],
  ledger: readonly LedgerEntry[],
): StoreMigrations {
  const applied = ledger.toSorted((one, other) => (one.version < other.version ? -1 : 1));
  const isApplied = new Map(applied.map((entry) => [entry.version, entry]));
  const isExpected = new Set(expected.map(({ version }) => version));
  const pending = expected.filter(({ version }) => !isApplied.has(version)).map(idOf);
  const ahead = applied.filter(({ version }) => !isExpected.has(version)).map(idOf);
  const drifted = expected
    .filter(({ version, checksum }) => {
      const entry = isApplied.get(version);
      return entry !== undefined && entry.checksum !== checksum;
    })
    .map(idOf);
  const last = applied.at(-1);
  return {
    backend,
    status: stateOf(pending.length, ahead.length, drifted.length),
    current: last ? idOf(last) : null,
    applied: applied.length,
    expected: expected.length,
    pending,
    ahead,
    drifted,
  };
}

function stateOf(pending: number, ahead: number, drifted: number): MigrationState {
  if (drifted > 0) return 'drifted';
  if (ahead > 0) return 'ahead';
  return pending > 0 ? 'pending' : 'head';
}

/** The worst of several states: the one that an operator has to look at first. */
export function worstState(states: readonly MigrationState[]): MigrationState {
  const order: readonly MigrationState[] = ['drifted', 'ahead', 'pending', 'unknown', 'head'];
  return order.find((state) => states.includes(state)) ?? 'head';
}
