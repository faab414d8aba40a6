import { expect } from '@jest/globals';
import { migrate, type MigrateTarget, postgresTarget, sqliteTarget } from './migrate.js';
import type { Environment } from './program.js';
import type { Ended } from './service.js';

type Open = () => Promise<MigrateTarget>;

const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', DB_TYPE: 'postgresql' };

/** Databases that `migrate reset` may be tried on: LOCAL, empty, of either dialect. */
export function resettable(cleanup: {
  readonly later: (work: () => unknown) => void;
  readonly temporaryFolder: () => string;
}): { readonly onPostgres: Open; readonly onSqlite: Open } {
  return {
    onPostgres: async () => {
      const target = await postgresTarget(cleanup.later);
      return { ...target, environment: { ...target.environment, ...LOCAL } };
    },
    onSqlite: () => Promise.resolve(sqliteTarget(cleanup.temporaryFolder())),
  };
}

/** Migrated, with a row in a store, and a table of somebody else's. */
export async function filled(open: Open): Promise<MigrateTarget> {
  const target = await open();
  expect(await migrate(target, ['up'])).toMatchObject({ code: 0 });
  await target.exec(
    `INSERT INTO dpm_leases (name, holder, expires_at) VALUES ('mine', 'me', '2026-01-01 00:00:00Z');
     CREATE TABLE others (id integer PRIMARY KEY);
     INSERT INTO others VALUES (7)`,
  );
  return target;
}

/** What `filled` has put into a store, unless it is gone. */
export function leases({ rows }: MigrateTarget): Promise<readonly object[]> {
  return rows('SELECT name FROM dpm_leases');
}

export function reset(
  target: MigrateTarget,
  args: readonly string[] = ['--yes'],
  more: Environment = {},
): Promise<Ended> {
  return migrate({ environment: { ...target.environment, ...more } }, ['reset', ...args]);
}

/**
 * Refused with an exit code and a code; the tables of the stores are as they were.
 * @returns what is told on stderr
 */
export async function expectRefused(
  target: MigrateTarget,
  [exit, code]: readonly [number, string],
  more?: Environment,
): Promise<string> {
  const before = await target.everything();
  const refused = await reset(target, ['--yes'], more);
  expect([refused.code, refused.stdout, refused.stderr.split('\n', 1)]).toEqual([exit, '', [code]]);
  expect(await target.everything()).toEqual(before);
  expect(await leases(target)).toEqual([{ name: 'mine' }]);
  return refused.stderr;
}
