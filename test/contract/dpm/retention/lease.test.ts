import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lease } from '@holdfast/core/lease';
import { describeBackends } from '@holdfast/testing/describe-backends';
import { service } from '../../../../src/service.js';
import { LeaseEntity } from '../../../../src/stores/dpm/purge/lease.entity.js';
import { SqlLease } from '../../../../src/stores/sql-lease.js';
import type { MigratedDatabase } from '@holdfast/testing/migrated-database';

const sql = {
  open: ({ database }: MigratedDatabase) => new SqlLease(database, LeaseEntity, 'purge', 'me'),
};
describeBackends<Lease>(
  'the lease of a purge',
  { service, tables: ['dpm_leases'], backends: { SQLITE: sql, POSTGRES: sql } },
  ({ current }) => {
    it('is held, and held again once it was let go', async () => {
      expect(await current().hold()).toBe(true);
      await current().release();
      expect(await current().hold()).toBe(true);
    });
  },
  { describe, beforeAll, beforeEach, afterAll },
);
