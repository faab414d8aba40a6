import { EXIT, configuration, defineReasons, unavailable } from '@holdfast/core/reasons';
import '@holdfast/postgres/reasons';

/** What keeps a schema from being migrated. */
export const reasons = defineReasons({
  MIGRATIONS_PENDING: unavailable(
    'The schema is older than this build.',
    'Run the migrator (`holdfast migrate up`), or start with MIGRATE_ON_START=true.',
  ),
  SCHEMA_NEWER_THAN_BUILD: unavailable(
    'The schema is newer than this build.',
    'Deploy the build that made the schema, or a later one.',
  ),
  SCHEMA_FITS_PARTLY: unavailable(
    'The schema is newer, and does not take all statements of this build, though it says that it would.',
    'Deploy the build that made the schema, or a later one; the log, or the message at the start, names the statements.',
  ),
  MIGRATION_CHECKSUM_MISMATCH: unavailable(
    'A migration that was applied has been edited since.',
    'Restore the file as it was applied, and put the change into a new migration.',
  ),
  MIGRATIONS_MISSING: configuration(
    'This build has no migrations for a store.',
    'Put the folder `migrations` next to `dist`, as it was released: an image may have been built without it.',
  ),
  MIGRATION_LOCK_TIMEOUT: unavailable(
    'Another process holds the migration lock, or a lock that the migration needs.',
    'Wait for it, or raise MIGRATION_LOCK_TIMEOUT; the message names the holder of the migration lock, which `holdfast migrate unlock --pid N` ends, or pg_terminate_backend(N) where a program has no such command.',
  ),
  MIGRATION_FAILED: {
    meaning: 'A migration was refused by the database and has been rolled back.',
    fix: 'Read the message of the database, correct the migration or the data, and run the migrator again.',
    exit: EXIT.failed,
  },
  MIGRATION_NOT_COMPATIBLE: {
    meaning:
      'A migration says that it is backward-compatible, and a build that is running could not go on with it. It has been rolled back.',
    fix: 'Take it apart: add first, and take away in a later release, once no running build uses it. Or remove the line `-- holdfast: backward-compatible`, and stop the running builds before it is applied.',
    exit: EXIT.failed,
  },
  MIGRATION_INVALID: {
    meaning: 'A migration file is not what can be run as a migration.',
    fix: 'Correct the file as the message says; nothing has been run.',
    exit: EXIT.failed,
  },
  MIGRATION_REQUIRES_SESSION: configuration(
    'The migration needs a session of its own, which a connection pooler such as PgBouncer does not give.',
    'Set MIGRATION_DATABASE_URL to a connection string that leads to the database directly.',
  ),
  MIGRATION_DATABASE_DIFFERS: configuration(
    'MIGRATION_DATABASE_URL leads to another database, or another schema, than the stores use.',
    'Let both lead to the same database; give the role the same search_path.',
  ),
  MIGRATION_LOCK_NOT_HELD: {
    meaning: 'No process with this number holds a migration lock.',
    fix: 'See who holds one with `holdfast migrate status`.',
    exit: EXIT.failed,
  },
  MIGRATION_OUT_OF_ORDER: {
    meaning: 'The migration files or the ledger have a gap, a duplicate, or a late addition.',
    fix: 'Number the migrations 0001, 0002, … without gaps; a new one comes after all that were applied. Of two that have the same number, `holdfast migrate renumber` moves one to the end.',
    exit: EXIT.failed,
  },
  MIGRATION_DRIFT_NOT_COMPARABLE: {
    meaning: 'The schema that the migrations make cannot be built for a comparison.',
    fix: 'Connect as a role that may create a schema in the database (GRANT CREATE ON DATABASE), keep to migrations that name and set no schema and run on an empty one, and have extensions in a schema of the search_path of the role.',
    exit: EXIT.failed,
  },
  MIGRATION_BASELINE_REFUSED: {
    meaning: 'The database cannot be taken over as if the migrations had been applied to it.',
    fix: 'Bring its tables to what the migrations make, or name another --to; nothing has been written.',
    exit: EXIT.failed,
  },
  MIGRATION_RESET_REFUSED: {
    meaning:
      'The tables of the stores cannot be dropped: something that no migration has made depends on them.',
    fix: 'Drop what the message names, or keep it in another database; nothing has been dropped.',
    exit: EXIT.failed,
  },
  SCHEMA_DRIFTED: {
    meaning: 'The tables of a store are not what its migrations make.',
    fix: 'See every difference with the check, or `holdfast migrate status --drift`; mend it by a new migration, or undo the change by hand.',
    exit: EXIT.failed,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
