import { describe, expect, it } from '@jest/globals';
import { PURGE_BATCH } from '../../src/stores/retention.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, DpmRecords } from '../support/expired.js';
import { connected, migratedDatabase } from '../support/migrations.js';
import { execute, jsonLines } from '../support/program.js';
import { startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';

const { later } = cleanup();

const RETENTION = { DPM_SUPPORTABILITY_RETENTION_DAYS: '30', DB_LOCK_TIMEOUT_MS: '20000' };

/** Expired runs in three batches, of which somebody holds one of the second. */
async function held() {
  const { database, environment } = await migratedDatabase(later);
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
  await new DpmRecords((sql) => database.query(sql)).addRuns('old', 3 * PURGE_BATCH, daysAgo(31));
  const holder = await connected(later, database.url);
  await holder.query('BEGIN');
  const { rows } = await holder.query<{ id: string }>(
    `SELECT rebalance_run_id AS id FROM dpm_runs
      ORDER BY created_at, rebalance_run_id OFFSET ${PURGE_BATCH} LIMIT 1`,
  );
  await holder.query('SELECT 1 FROM dpm_run_idempotency WHERE rebalance_run_id = $1 FOR UPDATE', [
    rows[0]?.id,
  ]);
  const left = async () => {
    const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM dpm_runs');
    return row?.n;
  };
  return { database, environment: { ...environment, ...RETENTION }, holder, left };
}

/** The lease has run out while the purge waited, and another process has taken it over. */
async function takeOver({ database, holder, left }: Awaited<ReturnType<typeof held>>) {
  await eventually(async () => {
    expect(await left()).toBe(2 * PURGE_BATCH);
    expect(await database.query('SELECT 1 FROM pg_locks WHERE NOT granted')).not.toEqual([]);
  });
  await database.query(`UPDATE dpm_leases SET holder = 'another', expires_at = '${daysAgo(-1)}'`);
  await holder.query('COMMIT');
}

describe('a purge whose lease another process has taken over', () => {
  it('by the command ends after its batch, says so, and leaves the lease to the other', async () => {
    const target = await held();
    const purging = execute('cli.js', ['purge'], target.environment);
    await takeOver(target);
    const { code, stdout, stderr } = await purging;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^PURGE_LEASE_LOST$/m);
    expect(await target.left()).toBe(PURGE_BATCH);
    expect(await target.database.query('SELECT holder FROM dpm_leases')).toEqual([
      { holder: 'another' },
    ]);
  });

  it('by the service is told in the log, whatever Redis says, and the service goes on', async () => {
    const target = await held();
    const redis = await startRedis();
    later(() => redis.remove());
    const service = await startService({
      ...target.environment,
      HOST: '127.0.0.1',
      REDIS_URL: redis.url,
      DPM_PURGE_INTERVAL_SECONDS: '1',
    });
    later(() => service.stop('SIGKILL'));
    await takeOver(target);
    await eventually(() => {
      const failed = jsonLines(service.output()).filter(({ event }) => event === 'purge.failed');
      expect(failed).toMatchObject([{ level: 'error', store: 'dpm', code: 'PURGE_LEASE_LOST' }]);
    });
    expect(await target.left()).toBe(PURGE_BATCH);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);

    await target.database.query('DELETE FROM dpm_leases');
    await eventually(async () => {
      expect(await target.left()).toBe(0);
    });
  });
});
