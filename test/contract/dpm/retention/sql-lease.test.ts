import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { LeaseEntity } from '../../../../src/stores/dpm/purge/lease.entity.js';
import { SqlLease } from '../../../../src/stores/sql-lease.js';
import { storedTime } from '@holdfast/core/instant';
import { type OpenBackend, openBackend } from '../../../support/backends.js';

describe.each(['SQLITE', 'POSTGRES'] as const)('a lease on %s', (backend) => {
  let opened: OpenBackend;
  let database: SqlDatabase;
  let mine: SqlLease;
  let theirs: SqlLease;
  beforeAll(async () => {
    opened = await openBackend(backend);
    if (!opened.database) throw new Error('the backend has no database');
    ({ database } = opened);
  });
  beforeEach(async () => {
    await database.transaction((sql) => sql.run('DELETE FROM dpm_leases'));
    mine = new SqlLease(database, LeaseEntity, 'purge', 'me');
    theirs = new SqlLease(database, LeaseEntity, 'purge', 'them');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => opened.close());

  const held = () =>
    database.read((sql) =>
      sql.rows<{ name: string; holder: string; expires_at: Date | string }>(
        'SELECT name, holder, expires_at FROM dpm_leases ORDER BY name',
      ),
    );
  const expireIn = (name: string, milliseconds: number) =>
    database.transaction((sql) =>
      sql.run('UPDATE dpm_leases SET expires_at = :at WHERE name = :name', {
        name,
        at: storedTime(new Date(Date.now() + milliseconds).toISOString()),
      }),
    );

  it('is held by whoever comes first, again and again', async () => {
    expect(await mine.hold()).toBe(true);
    expect(await theirs.hold()).toBe(false);
    expect(await mine.hold()).toBe(true);
    expect(await held()).toMatchObject([{ name: 'purge', holder: 'me' }]);
  });

  it('lasts two minutes from when it was last held, to the millisecond', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    await mine.hold();
    clock.mockReturnValue(1_060_000);
    await mine.hold();
    clock.mockReturnValue(1_180_000);
    expect(await theirs.hold()).toBe(false);
    clock.mockReturnValue(1_180_001);
    expect(await theirs.hold()).toBe(true);
  });

  it('is held on by its holder when nobody has taken it after its end', async () => {
    await mine.hold();
    await expireIn('purge', -1);
    expect(await mine.hold()).toBe(true);
  });

  it('goes to another after its end, and its holder has lost it', async () => {
    await mine.hold();
    await expireIn('purge', -1);
    expect(await theirs.hold()).toBe(true);
    expect(await mine.hold()).toBe(false);
    expect(await held()).toMatchObject([{ holder: 'them' }]);
  });

  it('goes to another when it is given back', async () => {
    await mine.hold();
    await mine.release();
    expect(await held()).toEqual([]);
    expect(await theirs.hold()).toBe(true);
  });

  it('is not given back by someone who does not hold it', async () => {
    await mine.hold();
    await theirs.release();
    expect(await theirs.hold()).toBe(false);
  });

  it('knows nothing of leases of another name', async () => {
    const other = new SqlLease(database, LeaseEntity, 'other', 'me');
    await mine.hold();
    expect(await new SqlLease(database, LeaseEntity, 'other', 'them').hold()).toBe(true);
    expect(await other.hold()).toBe(false);
    await mine.release();
    expect(await held()).toMatchObject([{ name: 'other', holder: 'them' }]);
    await mine.hold();
    await expireIn('other', -1);
    await other.hold();
    await other.release();
    expect(await held()).toMatchObject([{ name: 'purge', holder: 'me' }]);
  });

  it('is held by one of many who come at once', async () => {
    const leases = Array.from(
      { length: 10 },
      (_, index) => new SqlLease(database, LeaseEntity, 'purge', `${index}`),
    );
    const outcomes = await Promise.all(leases.map((lease) => lease.hold()));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });
});
