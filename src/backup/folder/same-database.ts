import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { LiveIdentity } from '@holdfast/postgres/verification/identity';

/** What is known of a database that a backup is of, or that a process works with. */
export interface KnownDatabase {
  readonly name: string;
  readonly type: 'postgresql' | 'sqlite';
  /** Its name on its server. */
  readonly database?: string;
  /** Of an SQLite file. */
  readonly first_migrated_at?: string | null | undefined;
  readonly identity?: { readonly cluster: string | null; readonly database: string } | null;
}

/** @param live undefined where it is not known which database it is */
export function knownOf(
  { name, type }: DatabaseSettings,
  live: LiveIdentity | undefined,
): KnownDatabase {
  if (!live) return { name, type };
  const { cluster, database } = live;
  return { name, type, identity: { cluster: cluster === '' ? null : cluster, database } };
}

/** Whether nothing says that databases of the same names are others; a copy of an SQLite file is the same. */
export function areOfSame(one: readonly KnownDatabase[], other: readonly KnownDatabase[]): boolean {
  const others = new Map(other.map((each) => [each.name, each]));
  return one.every((database) => {
    const found = others.get(database.name);
    return !found || isSame(database, found);
  });
}

/** Whether all that is known says so. */
export function areSurelyOfSame(
  one: readonly KnownDatabase[],
  other: readonly KnownDatabase[],
): boolean {
  const others = new Map(other.map((each) => [each.name, each]));
  return one.every((database) => {
    const found = others.get(database.name);
    const { type, first_migrated_at: began, identity } = database;
    const isKnown = type === 'sqlite' ? began != null : identity?.cluster != null;
    const isFound = type === 'sqlite' ? found?.first_migrated_at : found?.identity?.cluster;
    return isKnown && isFound != null && found !== undefined && isSame(database, found);
  });
}

function isSame(one: KnownDatabase, other: KnownDatabase): boolean {
  if (one.type !== other.type) return false;
  if (one.type === 'sqlite') {
    const [before, after] = [one.first_migrated_at, other.first_migrated_at];
    return before == null || after == null || before === after;
  }
  const [{ identity: before }, { identity: after }] = [one, other];
  if (before?.cluster == null || after?.cluster == null) {
    if (one.database === undefined || other.database === undefined) return true;
    return one.database === other.database;
  }
  return before.cluster === after.cluster && before.database === after.database;
}
