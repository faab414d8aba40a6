import type { MonitorConnection } from '../../database/replicas/monitor-connection.js';
import type { MigratedStore } from '../../migrations/migrator.js';
import { storeTables } from '../../migrations/postgres/store-tables.js';
import { failed, type Finding, passed } from './finding.js';
import { missingRights, type MissingRights, type Right } from './server-facts.js';

const EVERY_RIGHT = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
/** Of the tables that are not a store's. */
const OWN: readonly Right[] = [
  { table: 'holdfast_migrations', right: 'SELECT' },
  { table: 'holdfast_write_probe', right: 'INSERT' },
];

/** Whether the role may do with the tables of the stores what the service does. */
export async function judgeRights(
  connection: MonitorConnection,
  stores: readonly MigratedStore[],
  superuser: boolean,
): Promise<Finding> {
  const tables = await Promise.all(stores.map(({ migrations }) => storeTables(migrations)));
  const needed = [
    ...OWN,
    ...tables.flat().flatMap((table) => EVERY_RIGHT.map((right) => ({ table, right }))),
  ];
  const { absent, missing } = await connection.ask<MissingRights>(missingRights(needed));
  if (missing.length > 0) {
    const lacks = missing.map(({ table, right }) => `${right} on ${table}`).join(', ');
    return failed('POSTGRES_RIGHTS_MISSING', `the role lacks ${lacks}`);
  }
  if (absent.length > 0) {
    return failed(
      'MIGRATIONS_PENDING',
      `tables are not there, or not visible: ${absent.join(', ')}`,
    );
  }
  return passed(
    superuser
      ? 'the role is a superuser: give the service one that may do no more than it needs'
      : `${tables.flat().length} tables can be read and written`,
  );
}
