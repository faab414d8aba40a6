import { EXIT, defineReasons, notice, unavailable } from '@holdfast/core/reasons';
import '../reasons.js';

/** What `check` finds. */
export const reasons = defineReasons({
  DATABASE_IDENTITY_UNPINNED: notice(
    'The database was never pinned: nothing tells it from another one of the same form.',
    'See that the connection string leads where it is meant to; the first PRODUCTION start pins the database, and later ones compare.',
  ),
  POSTGRES_RIGHTS_EXCESSIVE: notice(
    'The role of the service may do more than it needs: change tables, or rewrite what has been migrated and pinned.',
    'Let the service have a role that reads and writes rows alone, and MIGRATION_DATABASE_URL the one that owns the tables; `migrate up` takes the rights to write the ledger and the identity away from all others.',
  ),
  POSTGRES_VERSION_UNSUPPORTED: unavailable(
    'The PostgreSQL server is older than what is supported: before 14.',
    'Upgrade the server; the releases that PostgreSQL itself maintains are on its page of versions.',
  ),
  POOL_BUDGET_EXCEEDED: {
    meaning: 'All instances together may open more connections than PostgreSQL has.',
    fix: 'Set DB_POOL_SIZE and DB_MAX_OVERFLOW as the message suggests, run fewer instances, raise max_connections or the limit that it names, or put a pooler between.',
    exit: EXIT.failed,
  },
  CLOCK_SKEWED: {
    meaning: 'The clocks of this machine and of the database server differ by more than 2 seconds.',
    fix: 'Synchronise both by NTP: look at `timedatectl` or `chronyc tracking` on each.',
    exit: EXIT.failed,
  },
  CUTOVER_PROFILE_NOT_PRODUCTION: {
    meaning:
      'The configuration that is checked is not one of PRODUCTION, to which traffic is switched.',
    fix: 'Run the check (`holdfast check`) with the environment that the service will have: APP_PERSISTENCE_PROFILE=PRODUCTION.',
    exit: EXIT.failed,
  },
  CHECK_NOT_RUN: {
    meaning: 'A check could not be made, because one before it has failed.',
    fix: 'Mend what failed before it, and run the check again.',
    exit: EXIT.failed,
  },
  CHECK_TIMED_OUT: unavailable(
    'A check had no result within the 10 seconds that each has.',
    'Run it again; look for what slows the database, its network or this machine down.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
