import { statusesOf, type MigratedStore } from '@holdfast/migrate/migrator';
import { statementName } from '@holdfast/migrate/recorded-statements';
import type { DatabaseSession, LedgerEntry } from '@holdfast/postgres/sessions/session';

/** A statement of this build that the schema does not take any more. */
export interface BrokenStatement {
  readonly store: string;
  /** What it does to which tables. */
  readonly name: string;
  readonly says: string;
  /** Which send it, as far as they are recorded. */
  readonly routes: readonly string[];
}

/** What an answer is true of, and the stores that a newer build has changed. */
export interface Doubt {
  readonly key: string;
  readonly stores: readonly MigratedStore[];
}

/**
 * Stores on PostgreSQL with a schema that is newer, and that this build is said to go on with: whether it does, its
 * own statements say.
 */
export function doubtOf(stores: readonly MigratedStore[], ledger: readonly LedgerEntry[]): Doubt {
  const statuses = statusesOf(stores, ledger);
  const newer = stores.filter(({ store, backend, recorded }) => {
    const { ahead = [], backward_compatible: isSaid } = statuses[store] ?? {};
    return (
      backend === 'POSTGRES' && ahead.length > 0 && isSaid === true && recorded() !== undefined
    );
  });
  const key = newer.map(({ store }) => `${store} ${statuses[store]?.ahead.join(' ')}`).join(', ');
  return { key, stores: newer };
}

/** In one round trip. @returns undefined where a lock is in the way */
export async function findBroken(
  session: Pick<DatabaseSession, 'unprepared'>,
  stores: readonly MigratedStore[],
): Promise<readonly BrokenStatement[] | undefined> {
  const sent = stores.flatMap(({ store, recorded }) => {
    const own = recorded();
    return own ? own.texts.map((text) => ({ store, text, routes: own.routesOf })) : [];
  });
  if (sent.length === 0) return [];
  const broken = await session.unprepared(sent.map(({ text }) => text));
  return broken?.flatMap(({ place, says }) => {
    const one = sent[place - 1];
    if (!one) return [];
    const { store, text, routes } = one;
    return [{ store, name: statementName(text), says, routes: routes(text) }];
  });
}
