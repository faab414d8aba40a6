import { randomUUID } from 'node:crypto';
import type { Provider, Type } from '@nestjs/common';
import { SOLE_LEASE } from '@holdfast/core/lease';
import { databaseToken } from '@holdfast/nest/database/database.module';
import { GatedLease, JobGate } from '@holdfast/nest/redis/gated-lease';
import type { Redis } from '@holdfast/nest/redis/redis';
import { REDIS } from '@holdfast/nest/redis/redis.module';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { CleanupController } from './cleanup.controller.js';
import { CLEANUP_LEASE, CleanupJob } from './cleanup.job.js';
import { cleanupLease } from './cleanup-lease.js';
import { StoredBytes } from './stored-bytes.js';

export const cleanupControllers: Type[] = [CleanupController];

/**
 * What removes expired files.
 * @param database `StoreBinding.database`: a store in memory is this process's own, and nobody else cleans it
 */
export function cleanupProviders(database: string | undefined): Provider[] {
  const lease: Provider =
    database === undefined
      ? { provide: CLEANUP_LEASE, useValue: () => SOLE_LEASE }
      : {
          provide: CLEANUP_LEASE,
          inject: [databaseToken(database), REDIS],
          useFactory: (sql: SqlDatabase, redis: Redis | null) => {
            const gate = redis && new JobGate(redis, 'media:cleanup');
            return () => {
              const own = cleanupLease(sql, randomUUID());
              return gate ? new GatedLease(gate, own) : own;
            };
          },
        };
  return [lease, CleanupJob, StoredBytes];
}
