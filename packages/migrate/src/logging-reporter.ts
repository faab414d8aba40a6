import type { Log } from '@holdfast/core/log';
import { idOf } from './migration.js';
import type { MigratorReporter } from './migrator.js';

/** Tells the log, for a service that migrates at its start. */
export function loggingReporter(log: Log): MigratorReporter {
  return {
    applied: ({ store, id, durationMs }) => {
      log.info({ event: 'migration.applied', store, migration: id, duration_ms: durationMs });
    },
    progress: ({ store, id, elapsedSeconds, ...progress }) => {
      log.info({
        event: 'migration.progress',
        store,
        migration: id,
        elapsed_seconds: elapsedSeconds,
        ...progress,
      });
    },
    warning: (migration, text) => {
      const { store } = migration;
      log.warn({ event: 'migration.warning', store, migration: idOf(migration) }, text);
    },
    waiting: (text) => {
      log.info({ event: 'migration.waiting' }, text);
    },
  };
}
