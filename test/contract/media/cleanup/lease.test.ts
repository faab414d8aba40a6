import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lease } from '@holdfast/core/lease';
import { describeBackends } from '@holdfast/testing/describe-backends';
import type { MigratedDatabase } from '@holdfast/testing/migrated-database';
import { service } from '../../../../src/service.js';
import { cleanupLease } from '../../../../src/stores/media/cleanup/cleanup-lease.js';

const sql = { open: ({ database }: MigratedDatabase) => cleanupLease(database, 'me') };
describeBackends<Lease>(
  'the lease of a cleanup',
  { service, tables: ['media_leases'], backends: { SQLITE: sql, POSTGRES: sql } },
  ({ current }) => {
    it('is held, and held again once it was let go', async () => {
      expect(await current().hold()).toBe(true);
      await current().release();
      expect(await current().hold()).toBe(true);
    });
  },
  { describe, beforeAll, beforeEach, afterAll },
);
