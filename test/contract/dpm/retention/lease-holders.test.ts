import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { readTime, type TimeColumn } from '@holdfast/core/instant';
import { LeaseEntity } from '../../../../src/stores/dpm/purge/lease.entity.js';
import { SqlLease } from '../../../../src/stores/sql-lease.js';
import { type OpenBackend, openBackend } from '../../../support/backends.js';

const PAST = '2020-01-01T00:00:00.000000Z';

describe.each(['SQLITE', 'POSTGRES'] as const)('the lease on %s', (backend) => {
  let opened: OpenBackend;
  let database: SqlDatabase;
  let one: SqlLease;
  let other: SqlLease;

  beforeAll(async () => {
    opened = await openBackend(backend);
    if (!opened.database) throw new Error('the backend has no database');
    database = opened.database;
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await database.transaction((sql) => sql.run('DELETE FROM dpm_leases'));
    one = new SqlLease(database, LeaseEntity, 'purge', 'one');
    other = new SqlLease(database, LeaseEntity, 'purge', 'other');
  });

  const rows = async () => {
    const found = await database.read((sql) =>
      sql.rows<{ name: string; holder: string; expires_at: TimeColumn }>(
        'SELECT name, holder, expires_at FROM dpm_leases ORDER BY name',
      ),
    );
    return found.map((row) => ({ ...row, expires_at: readTime(row.expires_at) }));
  };
  const holders = async () => (await rows()).map(({ name, holder }) => [name, holder]);
  const expire = () =>
    database.transaction((sql) =>
      sql.run('UPDATE dpm_leases SET expires_at = :past', { past: PAST }),
    );

  it('is held by one at a time, until it is released', async () => {
    expect([await one.hold(), await other.hold()]).toEqual([true, false]);
    expect(await holders()).toEqual([['purge', 'one']]);
    await one.release();
    expect(await rows()).toEqual([]);
    expect([await other.hold(), await one.hold()]).toEqual([true, false]);
  });

  it('ends in the future, and is kept for longer by its holder', async () => {
    await one.hold();
    const [first] = await rows();
    expect(Date.parse(first?.expires_at ?? '')).toBeGreaterThan(Date.now());
    await expire();
    expect(await one.hold()).toBe(true);
    const [renewed] = await rows();
    expect(Date.parse(renewed?.expires_at ?? '')).toBeGreaterThan(Date.now());
    expect(await other.hold()).toBe(false);
  });

  it('goes to another when it has expired, and the former holder notices', async () => {
    await one.hold();
    await expire();
    expect([await other.hold(), await one.hold()]).toEqual([true, false]);
    expect(await holders()).toEqual([['purge', 'other']]);
  });

  it('is not released by one who does not hold it', async () => {
    await other.release();
    await one.hold();
    const before = await rows();
    await other.release();
    expect(await rows()).toEqual(before);
    await expire();
    await other.hold();
    await one.release();
    expect(await holders()).toEqual([['purge', 'other']]);
  });

  it('of another name is another lease', async () => {
    const backup = new SqlLease(database, LeaseEntity, 'backup', 'other');
    expect([await one.hold(), await backup.hold()]).toEqual([true, true]);
    await backup.release();
    expect(await holders()).toEqual([['purge', 'one']]);
  });

  it('goes to one of many who ask at once, free or expired', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const leases = Array.from({ length: 12 }, (_, index) => {
        return new SqlLease(database, LeaseEntity, 'purge', `holder-${turn}-${index}`);
      });
      const held = await Promise.all(leases.map((lease) => lease.hold()));
      expect(held.filter(Boolean)).toHaveLength(1);
      expect(await holders()).toEqual([['purge', `holder-${turn}-${held.indexOf(true)}`]]);
      await expire();
    }
  });
});
