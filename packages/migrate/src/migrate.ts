import { configure } from '@holdfast/guard/configure';
import { createLog } from '@holdfast/core/log';
import { EXIT, ReasonError } from '@holdfast/core/reasons';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { loggingReporter } from './logging-reporter.js';
import { migrateUp, migratorIdentity, storesIn } from './migrator.js';
import { type Service, migratedStoresOf } from './service.js';

const STDERR = 2;

/**
 * A migrator as a program of its own: the guard, then what is pending in each database, told on stderr.
 * Sets the exit code: 0, or that of the catalogue, 69 for a database that is not there or a migration
 * that fails; a refused configuration ends the process with 78.
 */
export async function migrate(service: Service): Promise<void> {
  const settings = configure(process, service);
  const log = await createLog(settings.log, STDERR);
  try {
    const stores = migratedStoresOf(service, settings.stores);
    const identity = migratorIdentity(service.release);
    let applied = 0;
    for (const database of settings.databases) {
      const inDatabase = storesIn(stores, database);
      try {
        const done = await migrateUp(
          database,
          inDatabase,
          settings,
          identity,
          loggingReporter(log),
        );
        applied += done.length;
      } catch (error) {
        if (error instanceof ReasonError) throw error;
        throw databaseFailure(database, error);
      }
    }
    log.info({ event: 'migrated', applied });
  } catch (error) {
    const failure =
      error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
    const { code, message, reason, cause } = failure;
    log.fatal({ event: 'migration.failed', code, fix: reason.fix, err: cause }, message);
    process.exitCode = reason.exit ?? EXIT.failed;
  }
}
