import { refuseUnprovable } from '../compatible/refuse-unprovable.js';
import type { Query } from '../locks/table-sizes.js';
import { statementsOfEach } from '../parser/joined-statements.js';
import type { Migration } from '../../migration.js';
import { refuseUnrunnable } from './refuse-unrunnable.js';

/**
 * Judges migrations that are to be run where nothing of them is there.
 * @throws MIGRATION_INVALID, MIGRATION_NOT_COMPATIBLE
 */
export async function judgeAnew(migrations: readonly Migration[]): Promise<void> {
  for (const [index, statements] of (await statementsOfEach(migrations)).entries()) {
    const migration = migrations[index];
    if (!migration) continue;
    refuseUnrunnable(migration, statements);
    await refuseUnprovable(findsNothing, migration, statements);
  }
}

const findsNothing: Query = () => Promise.resolve({ rows: [] });
