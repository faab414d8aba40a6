import Sqlite from 'better-sqlite3';
import { migrationFailure } from '../migration-failure.js';
import type { MigratedStore } from '../migrator.js';
import { runMigration } from './exclusive-transaction.js';
import { refuseEmpty } from './refuse-empty.js';

/** What may write to a file of its own. */
const OTHER_FILES = /\battach\b/i;

/**
 * Runs the migrations of the stores in memory, in the order of `up`, beside what stays when their tables are dropped:
 * without its rows. What comes after one that attaches a file is not judged.
 * @param staying the statements that have made what stays
 * @throws MIGRATION_INVALID, MIGRATION_FAILED
 */
export function judgeAnew(stores: readonly MigratedStore[], staying: readonly string[]): void {
  const memory = new Sqlite(':memory:');
  try {
    memory.pragma('foreign_keys = OFF');
    for (const sql of staying) makeIfPossible(memory, sql);
    const all = stores.flatMap(({ migrations }) => migrations);
    all.forEach(refuseEmpty);
    for (const migration of all) {
      if (OTHER_FILES.test(migration.sql)) return;
      try {
        memory
          .transaction(() => {
            runMigration(memory, migration.sql);
          })
          .exclusive();
      } catch (error) {
        throw migrationFailure(migration, error);
      }
    }
  } finally {
    memory.close();
  }
}

/** The tables of a virtual one are made with it; what needs a function of another program stays out. */
function makeIfPossible(memory: Sqlite.Database, sql: string): void {
  try {
    memory.exec(sql);
  } catch {
    // A migration that uses it says so.
  }
}
