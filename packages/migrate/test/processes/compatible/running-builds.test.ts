import { expect, it } from '@jest/globals';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { RUNNING_BUILDS, type RunningBuild } from '@holdfast/postgres/verification/builds';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../../../../../test/support/cleanup.js';
import { poolSettings, postgresSettings } from '../../../../../test/support/settings.js';
import { openMigrationSession } from '../../../src/open-migration-session.js';
import { silentReporter } from '../../../src/migration-session.js';

const { later } = cleanup();

/** A database with nothing but Holdfast's own tables. */
async function prepared() {
  const database = await createDatabase();
  later(() => database.drop());
  const settings = postgresSettings(database.url);
  const migrating = await openMigrationSession(
    settings,
    { pool: poolSettings(), migrationLockTimeoutSeconds: 20 },
    silentReporter,
  );
  await migrating.prepareLedger();
  migrating.destroy();
  const openOne = async () => {
    const session = await openSession(settings, poolSettings(), 'probe');
    later(() => {
      session.destroy();
    });
    return session;
  };
  return { database, openOne };
}

const processOf = (name: string, digest = 'd') => ({
  process: name,
  build: '1.0.0',
  stores: ['orders', 'stock'].map((store) => ({
    store,
    digest,
    statements: [`SELECT '${store}'`],
  })),
});

it('what twenty processes of one build send is kept once, though they start at once', async () => {
  const { database, openOne } = await prepared();
  const sessions = await Promise.all(Array.from({ length: 20 }, openOne));
  await Promise.all(
    sessions.map((session, index) => session.publishBuild(processOf(`process ${index}`))),
  );
  const running = await database.query<RunningBuild>(RUNNING_BUILDS);
  expect(running).toMatchObject([
    { store: 'orders', builds: ['1.0.0'], processes: 20, statements: [`SELECT 'orders'`] },
    { store: 'stock', builds: ['1.0.0'], processes: 20, statements: [`SELECT 'stock'`] },
  ]);
  expect(await database.query('SELECT store FROM holdfast_builds')).toHaveLength(2);
});

it('who says that it runs counts, until it says that it does not, or says nothing for a minute', async () => {
  const { database, openOne } = await prepared();
  const session = await openOne();
  const running = async () => (await database.query<RunningBuild>(RUNNING_BUILDS)).length;
  expect(await session.tellRunning('one', true)).toBe(false);
  await session.publishBuild(processOf('one'));
  expect(await running()).toBe(2);
  await database.query(`UPDATE holdfast_running SET seen_at = now() - interval '61 seconds'`);
  expect(await running()).toBe(0);
  expect(await session.tellRunning('one', true)).toBe(true);
  expect(await running()).toBe(2);
  expect(await session.tellRunning('one', false)).toBe(true);
  expect(await running()).toBe(0);
});

it('what nobody has run for long goes with the next start, and what runs stays', async () => {
  const { database, openOne } = await prepared();
  const session = await openOne();
  await session.publishBuild(processOf('killed', 'old'));
  await session.publishBuild(processOf('runs', 'still'));
  await database.query(`UPDATE holdfast_builds SET seen_at = now() - interval '31 days'`);
  await database.query(
    `UPDATE holdfast_running SET seen_at = now() - interval '2 days' WHERE process = 'killed'`,
  );
  await session.publishBuild(processOf('new', 'new'));
  const digests = await database.query<{ digest: string }>(
    `SELECT DISTINCT digest FROM holdfast_builds ORDER BY digest`,
  );
  expect(digests.map(({ digest }) => digest)).toEqual(['new', 'still']);
  const processes = await database.query<{ process: string }>(
    'SELECT DISTINCT process FROM holdfast_running ORDER BY process',
  );
  expect(processes.map(({ process }) => process)).toEqual(['new', 'runs']);
});

it('a statement is prepared by itself, and what fails is told by its place', async () => {
  const { openOne } = await prepared();
  const session = await openOne();
  const texts = [
    'SELECT $1::int',
    'SELECT nothing',
    `SELECT 'it''s', $1::text`,
    'SELECT 1 FROM gone',
  ];
  expect(await session.unprepared(texts)).toEqual([
    { place: 2, says: 'column "nothing" does not exist' },
    { place: 4, says: 'relation "gone" does not exist' },
  ]);
  expect(await session.unprepared(texts)).toHaveLength(2);
});
