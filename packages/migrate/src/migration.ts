import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReasonError } from './reasons.js';

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
  /** Unless the file says `-- holdfast: no-transaction`. */
  readonly transactional: boolean;
  /** Older builds can go on with the schema: the file says `-- holdfast: backward-compatible`. */
  readonly backwardCompatible: boolean;
}

/** The name of a migration's file. */
export const FILE = /^(\d{4})_([a-z0-9]+(?:_[a-z0-9]+)*)\.sql$/;

/** Of a file that would be entered into the ledger as it is, and could not be written any more then. */
export const NO_STATEMENT = 'it holds no statement yet: write it, or remove the file';

/**
 * The migrations of a store in this build, in order.
 * @param folder the project's `migrations` folder
 * @throws MIGRATION_OUT_OF_ORDER for a misnamed file, a gap or a duplicate, MIGRATION_INVALID
 */
export function readMigrations(folder: string, store: string, dialect: Dialect): Migration[] {
  const place = join(folder, store, dialect);
  if (!existsSync(place)) return [];
  const migrations = readdirSync(place)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => readMigration(place, store, file));
  migrations.forEach(({ version, name }, index) => {
    if (Number(version) === index + 1) return;
    const before = migrations[index - 1];
    const problem =
      before?.version === version
        ? `has the number of ${idOf(before)}: holdfast migrate renumber ${version}_${name} --store ${store} gives it the next one`
        : `is not number ${index + 1}`;
    throw new ReasonError(`MIGRATION_OUT_OF_ORDER:${store}:${version}`, {
      detail: `${store}/${dialect}/${version}_${name}.sql ${problem}`,
    });
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
  const sql = textOf(readFileSync(join(place, file)), store, version).replaceAll('\r\n', '\n');
  return {
    store,
    version,
    name,
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    ...directivesOf(sql, store, version),
  };
}

/**
 * Without a byte order mark. The databases would take what is not UTF-8 for other characters, and
 * what is behind a zero byte for the end of the file.
 * @throws MIGRATION_INVALID
 */
function textOf(bytes: Buffer, store: string, version: string): string {
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString('utf8').replace(/^\uFEFF/, '');
  throw new ReasonError(`MIGRATION_INVALID:${store}:${version}`, {
    detail: `${store} ${version} is not a text in UTF-8`,
  });
}

const DIRECTIVE = /^-- holdfast:\s*(.*?)\s*$/;

/** The lines `-- holdfast: …` at the top of a file. @throws MIGRATION_INVALID for an unknown one */
function directivesOf(sql: string, store: string, version: string) {
  const found = new Set<string>();
  for (const line of sql.split('\n')) {
    const [, directive] = DIRECTIVE.exec(line) ?? [];
    if (directive === undefined) break;
    if (directive !== 'no-transaction' && directive !== 'backward-compatible') {
      throw new ReasonError(`MIGRATION_INVALID:${store}:${version}`, {
        detail: `${store} ${version} says "${line}"; known are no-transaction and backward-compatible`,
      });
    }
    found.add(directive);
  }
  return {
    transactional: !found.has('no-transaction'),
    backwardCompatible: found.has('backward-compatible'),
  };
}

export function idOf({ version, name }: Pick<Migration, 'version' | 'name'>): string {
  return `${version}_${name}`;
}
