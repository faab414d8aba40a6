import type { DatabaseSettings } from '../config/databases.js';
import { ReasonError } from '../reasons.js';
import { faultOf } from './open-session.js';

/**
 * What to tell of a driver's error that ends what was to be done: the start-up code of what it says,
 * the database by its name, and the SQLSTATE where the code says no more than that there is one.
 * The driver's text stays in `cause`: it names hosts, roles and paths.
 */
export function databaseFailure(database: DatabaseSettings, cause: unknown): ReasonError {
  const { code, sqlstate } = faultOf(database, cause);
  const said = sqlstate === undefined ? '' : `: SQLSTATE ${sqlstate}`;
  const detail = `the ${database.name} database (${database.stores.join(', ')})${said}`;
  return new ReasonError(code, { detail, cause });
}
