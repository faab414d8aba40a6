import { ReasonError } from '../reasons.js';
import { idOf, type Migration, NO_STATEMENT } from '../migration.js';
import { TOKEN } from '../schema/sqlite-ddl.js';

/** @throws MIGRATION_INVALID:<store>:<version> for a file without a statement */
export function refuseEmpty(migration: Migration): void {
  for (const [token] of migration.sql.matchAll(TOKEN)) if (!/^(\s|--|\/\*|;)/.test(token)) return;
  const { store, version } = migration;
  throw new ReasonError(`MIGRATION_INVALID:${store}:${version}`, {
    detail: `${store}/sqlite/${idOf(migration)}.sql, line 1: ${NO_STATEMENT}`,
  });
}
