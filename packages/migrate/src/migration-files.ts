import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dialect, FILE } from './migration.js';
import { ReasonError } from './reasons.js';

const DIALECTS: readonly Dialect[] = ['postgres', 'sqlite'];
const NAME = /^[a-z0-9]+(?:_[a-z0-9]+)+$/;
const WRITTEN_FOR = { postgres: 'PostgreSQL', sqlite: 'SQLite' } as const;

/** The folder `migrations/<store>/<dialect>`, and the ids of what is in it, in their order. */
interface DialectFolder {
  readonly dialect: Dialect;
  readonly place: string;
  readonly ids: readonly string[];
}

export interface NewMigration {
  readonly name: string;
  readonly transactional: boolean;
  readonly backwardCompatible: boolean;
}

/**
 * Makes the files of the next migration of a store, one for each dialect that it has.
 * @param folder the project's `migrations` folder
 * @returns their paths
 * @throws USAGE for a name that is not `verb_noun`, and for a store without migrations
 */
export function writeNewMigration(
  folder: string,
  store: string,
  { name, transactional, backwardCompatible }: NewMigration,
): readonly string[] {
  if (!NAME.test(name)) {
    throw usage(`${name} is not a verb and a noun in small letters, such as add_review_notes`);
  }
  const folders = dialectFolders(folder, store);
  const id = `${nextVersion(folders)}_${name}`;
  return folders.map(({ dialect, place }) => {
    const file = join(place, `${id}.sql`);
    const others = folders.filter((each) => each.dialect !== dialect);
    const lines = [
      ...(transactional ? [] : ['-- holdfast: no-transaction']),
      ...(backwardCompatible ? ['-- holdfast: backward-compatible'] : []),
      `-- For ${WRITTEN_FOR[dialect]}.${others.map((each) => ` The same change for ${WRITTEN_FOR[each.dialect]}: ../${each.dialect}/${id}.sql`).join('')}`,
    ];
    // Whoever makes one at the same time keeps theirs.
    writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'wx' });
    return file;
  });
}

/** A file that has been given another number. */
export interface RenumberedFile {
  readonly from: string;
  readonly to: string;
}

/**
 * Gives one of two migrations that have the same number, from two branches, the number after the last.
 * @param folder the project's `migrations` folder
 * @param id `<version>_<name>`
 * @returns its files, of each dialect
 * @throws USAGE for one that no other has the number of: what comes after it would have a gap before it
 */
export function renumberMigration(
  folder: string,
  store: string,
  id: string,
): readonly RenumberedFile[] {
  const folders = dialectFolders(folder, store);
  const doubles = doublesIn(folders);
  if (!doubles.includes(id)) throw usage(`${store} ${id}: ${whatIsDouble(doubles)}`);
  const next = `${nextVersion(folders)}_${id.slice(id.indexOf('_') + 1)}`;
  return folders
    .filter(({ ids }) => ids.includes(id))
    .map(({ place }) => {
      const renumbered = { from: join(place, `${id}.sql`), to: join(place, `${next}.sql`) };
      renameSync(renumbered.from, renumbered.to);
      return renumbered;
    });
}

/** A migration that a store has for one dialect alone. */
export interface OneDialect {
  readonly store: string;
  readonly dialect: Dialect;
  readonly id: string;
  /** A sentence without its full stop. */
  readonly text: string;
}

/**
 * What a store has under other numbers or names for one dialect than for the other; nothing of a store that has one dialect.
 * @param folder the project's `migrations` folder
 */
export function inOneDialect(folder: string, store: string): readonly OneDialect[] {
  const folders = foldersOf(folder, store).filter(({ ids }) => ids.length > 0);
  return folders.flatMap(({ dialect, ids }) =>
    folders.flatMap((other) =>
      ids
        .filter((id) => !other.ids.includes(id))
        .map((id) => ({ store, dialect, id, text: whatIsMissing(id, other) })),
    ),
  );
}

function whatIsMissing(id: string, { dialect, ids }: DialectFolder): string {
  const named = ids.find((other) => versionOf(other) === versionOf(id));
  const why = named === undefined ? '' : `: of its number there is ${named}`;
  return `There is no ${dialect}/${id}.sql for ${WRITTEN_FOR[dialect]}${why}`;
}

/** Those of a number that another one has, in any of the dialects. */
function doublesIn(folders: readonly DialectFolder[]): readonly string[] {
  const all = folders.flatMap(({ ids }) =>
    ids.filter((id) => ids.some((other) => other !== id && versionOf(other) === versionOf(id))),
  );
  return [...new Set(all)].sort();
}

function whatIsDouble(doubles: readonly string[]): string {
  return doubles.length === 0
    ? 'no two migrations of the store have the same number'
    : `of the same number are ${doubles.join(', ')}: name one of them, the one that is nowhere applied yet`;
}

/** @throws USAGE */
function dialectFolders(folder: string, store: string): readonly DialectFolder[] {
  const folders = foldersOf(folder, store);
  if (folders.length === 0) throw usage(`${join(folder, store)} holds no migrations`);
  return folders;
}

function foldersOf(folder: string, store: string): readonly DialectFolder[] {
  return DIALECTS.map((dialect) => ({ dialect, place: join(folder, store, dialect) }))
    .filter(({ place }) => existsSync(place))
    .map(({ dialect, place }) => {
      const files = readdirSync(place).filter((file) => FILE.test(file));
      return { dialect, place, ids: files.map((file) => file.slice(0, -'.sql'.length)).sort() };
    });
}

function nextVersion(folders: readonly DialectFolder[]): string {
  const versions = folders.flatMap(({ ids }) => ids.map((id) => Number(versionOf(id))));
  return String(Math.max(0, ...versions) + 1).padStart(4, '0');
}

function versionOf(id: string): string {
  return id.slice(0, 4);
}

function usage(detail: string): ReasonError {
  return new ReasonError('USAGE', { detail });
}
