import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { connected, migratedDatabase, ownMigrations } from '../support/migrations.js';
import { type Environment, execute } from '../support/program.js';
import type { Ended } from '../support/service.js';

const { later } = cleanup();

/** What somebody does in a transaction that he leaves open. */
const HOLDERS = [
  'LOCK TABLE proposal_records IN ACCESS EXCLUSIVE MODE',
  'LOCK TABLE holdfast_migrations IN ACCESS EXCLUSIVE MODE',
  'LOCK TABLE holdfast_identity IN ACCESS EXCLUSIVE MODE',
  'ALTER TABLE proposal_records ADD COLUMN more integer CHECK (more > 0)',
];

const LOCAL: Environment = { APP_PERSISTENCE_PROFILE: 'LOCAL', ADVISORY_STORE: 'POSTGRES' };

interface Command {
  readonly args: readonly string[];
  /** What may come of it, beside success. */
  readonly codes: readonly string[];
  readonly more?: Environment;
}

const LOCKED = ['POSTGRES_LOCK_TIMEOUT'];

const COMMANDS: readonly Command[] = [
  { args: ['migrate', 'up'], codes: LOCKED },
  { args: ['migrate', 'status'], codes: LOCKED },
  { args: ['migrate', 'status', '--drift'], codes: [...LOCKED, 'differs'] },
  { args: ['migrate', 'plan'], codes: LOCKED },
  {
    args: ['migrate', 'baseline', '--store', 'advisory', '--to', '0001'],
    codes: [...LOCKED, 'MIGRATION_BASELINE_REFUSED'],
  },
  { args: ['migrate', 'unlock', '--pid', '1'], codes: ['MIGRATION_LOCK_NOT_HELD'] },
  { args: ['identity', 'show'], codes: LOCKED },
  { args: ['identity', 'accept'], codes: LOCKED },
  { args: ['purge', '--dry-run'], codes: LOCKED },
  { args: ['purge'], codes: LOCKED },
  { args: ['migrate', 'reset', '--yes'], codes: ['MIGRATION_LOCK_TIMEOUT'], more: LOCAL },
];

const BOUND = {
  MIGRATION_LOCK_TIMEOUT: '3',
  DB_LOCK_TIMEOUT_MS: '0',
  DPM_POLICY_PACKS_ENABLED: 'true',
};

/** Ended by itself; where it gave up on a lock, it has told who has that. */
function expectTold({ code, stdout, stderr }: Ended, codes: readonly string[], pid: number): void {
  expect({ code, stderr }).not.toMatchObject({ code: null });
  if (code === 0) return;
  const said = `${stdout}\n${stderr}`;
  expect(codes.filter((each) => said.includes(each))).not.toEqual([]);
  if (/_LOCK_TIMEOUT$/m.test(stderr))
    expect(stderr).toMatch(
      new RegExp(`waiting for pid ${pid} \\(the-test, idle in transaction, for \\d+ s\\)`),
    );
}

describe.each(HOLDERS)('behind %s', (holding) => {
  it('every command ends, and tells whom it waits for', async () => {
    const { database, environment } = await migratedDatabase(later);
    const bounded = { ...environment, ...BOUND };
    expect(await execute('cli.js', ['migrate', 'up'], bounded)).toMatchObject({ code: 0 });
    const holder = await connected(later, database.url);
    const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await holder.query(`BEGIN; ${holding}`);
    for (const { args, codes, more } of COMMANDS) {
      const ended = await execute('cli.js', args, { ...bounded, ...more });
      expectTold(ended, codes, rows[0]?.pid ?? 0);
    }
    const check = await execute(
      'cli.js',
      ['check', '--connect', '--migrations', '--json'],
      bounded,
    );
    expect([0, 1, 69]).toContain(check.code);
    expect(check.stdout).not.toContain('CHECK_TIMEOUT');
  }, 180_000);
});

describe('a migration', () => {
  const files = {
    '0001_create_one.sql': 'CREATE TABLE one (id integer CHECK (id > 0));\n',
  };

  it.each([
    ['that changes a table', 'ALTER TABLE one ADD COLUMN more integer NOT NULL;\n'],
    [
      'that builds an index concurrently',
      '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY by_id ON one (id);\n',
    ],
  ])('%s that is locked is planned, and gives up in time', async (_, sql) => {
    const { database, environment } = await migratedDatabase(later);
    const own = ownMigrations(later, files);
    expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0 });
    own.write('0002_change_one.sql', sql);
    const holder = await connected(later, database.url);
    await holder.query('BEGIN; LOCK TABLE one IN ACCESS EXCLUSIVE MODE');
    const bounded = { ...environment, MIGRATION_LOCK_TIMEOUT: '3', DB_LOCK_TIMEOUT_MS: '500' };
    expect(await own.migrate(['plan'], bounded)).toMatchObject({ code: 0 });
    const ended = await own.migrate(['up'], bounded);
    expect(ended).toMatchObject({ code: 69 });
    expect(ended.stderr).toMatch(/^MIGRATION_LOCK_TIMEOUT$/m);
    expect(ended.stderr).toMatch(
      /waiting for pid \d+ \(the-test, idle in transaction, for \d+ s\)/,
    );
    await holder.query('ROLLBACK');
    expect(await own.migrate(['up'], bounded)).toMatchObject({ code: 0 });
  });

  it('behind another migrator tells who that is, while it waits', async () => {
    const { database, environment } = await migratedDatabase(later);
    const own = ownMigrations(later, files);
    const holder = await connected(later, database.url);
    await holder.query(
      `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
    );
    const ended = await own.migrate(['up'], { ...environment, MIGRATION_LOCK_TIMEOUT: '3' });
    expect(ended.code).toBe(69);
    expect(ended.stderr).toMatch(
      /^advisory: waiting for the migrator at work: pid \d+ \(the-test, idle\)/m,
    );
  });
});
