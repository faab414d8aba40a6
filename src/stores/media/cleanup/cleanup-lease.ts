import type { Lease } from '@holdfast/core/lease';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlLease } from '../../sql-lease.js';
import { LeaseEntity } from './lease.entity.js';

/** Held by the one process that removes expired files. @param holder names it */
export function cleanupLease(database: SqlDatabase, holder: string): Lease {
  return new SqlLease(database, LeaseEntity, 'cleanup', holder);
}
