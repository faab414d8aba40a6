import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { PURGE_BATCH } from '../../src/stores/retention.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, DpmRecords, queryOf, rowsOfRuns } from '../support/expired.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, start } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

const RETENTION = {
  DPM_SUPPORTABILITY_RETENTION_DAYS: '30',
  DPM_ASYNC_OPERATIONS_TTL_SECONDS: '3600',
  IDEMPOTENCY_KEY_TTL_SECONDS: '604800',
};
/** Three batches, of which the last is not full. */
const MANY = 2 * PURGE_BATCH + 7;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** A migrated database of either dialect. */
interface Target {
  readonly environment: Environment;
  readonly query: TestDatabase['query'];
}

async function onPostgres(): Promise<Target & { readonly url: string }> {
  const database = await createDatabase();
  later(() => database.drop());
  const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  await migrated(environment);
  return { environment, query: (sql) => database.query(sql), url: database.url };
}

async function onSqlite(): Promise<Target> {
  const path = join(temporaryFolder(), 'purge.sqlite');
  const environment = { SQLITE_PATH: path };
  await migrated(environment);
  const file = new Sqlite(path);
  later(() => file.close());
  return {
    environment,
    query: queryOf(file),
  };
}

async function migrated(environment: Environment): Promise<void> {
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
}

const purge = ({ environment }: Target, args: readonly string[] = [], changes: Environment = {}) =>
  execute('cli.js', ['purge', ...args], { ...environment, ...RETENTION, ...changes });

/** Expired records of every kind, some of them in several batches, next to others that are kept. */
async function filled({ query }: Target): Promise<DpmRecords> {
  const records = new DpmRecords(query);
  const [old, recent] = [daysAgo(31), daysAgo(29)];
  await records.addRuns('old', MANY, old);
  await records.addRuns('kept', 3, recent);
  await records.addEdges('old', PURGE_BATCH, old);
  await records.addEdges('kept', 2, recent);
  await records.addOperations('old', PURGE_BATCH + 1, old, daysAgo(0.1));
  await records.addOperations('running', 2, old, null);
  await records.addOperations('kept', 2, old, daysAgo(0));
  await records.addKeys('old', PURGE_BATCH + 2, daysAgo(8));
  await records.addKeys('kept', 2, daysAgo(6));
  return records;
}

const KEPT = {
  ...rowsOfRuns('kept', 3),
  dpm_async_operations: { running: 2, kept: 2 },
  dpm_lineage_edges: { kept: 2 },
  dpm_request_keys: { kept: 2 },
  proposal_request_keys: { kept: 2 },
};

describe.each([
  ['POSTGRES', onPostgres],
  ['SQLITE', onSqlite],
])('holdfast purge on %s', (_, open) => {
  it('deletes what has expired in several batches, with what belongs to it, and nothing else', async () => {
    const target = await open();
    const records = await filled(target);
    const { code, stdout, stderr } = await purge(target);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replace(TIME, 'TIME')).toBe(
      `dpm runs: ${MANY} deleted, from before TIME\n` +
        `dpm lineage_edges: ${PURGE_BATCH} deleted, from before TIME\n` +
        `dpm async_operations: ${PURGE_BATCH + 1} deleted, from before TIME\n` +
        `dpm request_keys: ${PURGE_BATCH + 2} deleted, from before TIME\n` +
        `advisory request_keys: ${PURGE_BATCH + 2} deleted, from before TIME\n`,
    );
    const [runs, edges, operations] = (stdout.match(TIME) ?? []).map((time) => Date.parse(time));
    expect(edges).toBe(runs);
    expect((operations ?? 0) - (runs ?? 0)).toBe(30 * 86_400_000 - 3_600_000);
    expect(await records.left()).toEqual(KEPT);
    expect(await target.query('SELECT * FROM dpm_leases')).toEqual([]);
  });

  it('--dry-run counts the same and changes nothing', async () => {
    const target = await open();
    const records = await filled(target);
    const before = await records.left();
    const { code, stdout, stderr } = await purge(target, ['--dry-run']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replace(TIME, 'TIME')).toBe(
      `dpm runs: ${MANY} would be deleted, from before TIME\n` +
        `dpm lineage_edges: ${PURGE_BATCH} would be deleted, from before TIME\n` +
        `dpm async_operations: ${PURGE_BATCH + 1} would be deleted, from before TIME\n` +
        `dpm request_keys: ${PURGE_BATCH + 2} would be deleted, from before TIME\n` +
        `advisory request_keys: ${PURGE_BATCH + 2} would be deleted, from before TIME\n`,
    );
    expect(await records.left()).toEqual(before);
  });

  it('--json prints one document', async () => {
    const target = await open();
    const records = await filled(target);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;
    const dpm = {
      runs: { before: time, records: MANY },
      lineage_edges: { before: time, records: PURGE_BATCH },
      async_operations: { before: time, records: PURGE_BATCH + 1 },
      request_keys: { before: time, records: PURGE_BATCH + 2 },
    };
    const advisory = { request_keys: dpm.request_keys };
    const counted = await purge(target, ['--dry-run', '--json']);
    expect(counted).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(counted.stdout)).toEqual({ dry_run: true, stores: { dpm, advisory } });
    const purged = await purge(target, ['--json']);
    expect(purged).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(purged.stdout)).toEqual({ dry_run: false, stores: { dpm, advisory } });
    expect(await records.left()).toEqual(KEPT);
    const again = JSON.parse((await purge(target, ['--json'])).stdout) as object;
    expect(again).toMatchObject({
      stores: { dpm: { runs: { records: 0 }, async_operations: { records: 0 } } },
    });
  });

  it('keeps for good what has no retention, and says by which variable', async () => {
    const target = await open();
    const records = await filled(target);
    const before = await records.left();
    const none = {
      DPM_SUPPORTABILITY_RETENTION_DAYS: '0',
      DPM_ASYNC_OPERATIONS_TTL_SECONDS: '0',
      IDEMPOTENCY_KEY_TTL_SECONDS: '0',
    };
    expect(await purge(target, [], none)).toMatchObject({
      code: 0,
      stdout:
        'dpm runs: kept for good (DPM_SUPPORTABILITY_RETENTION_DAYS is 0)\n' +
        'dpm lineage_edges: kept for good (DPM_SUPPORTABILITY_RETENTION_DAYS is 0)\n' +
        'dpm async_operations: kept for good (DPM_ASYNC_OPERATIONS_TTL_SECONDS is 0)\n' +
        'dpm request_keys: kept for good (IDEMPOTENCY_KEY_TTL_SECONDS is 0)\n' +
        'advisory request_keys: kept for good (IDEMPOTENCY_KEY_TTL_SECONDS is 0)\n',
    });
    expect(await records.left()).toEqual(before);
    const { stdout } = await purge(target, ['--json'], { ...none });
    expect(JSON.parse(stdout)).toMatchObject({
      stores: { dpm: { runs: { before: null, records: 0 } } },
    });
    await purge(target, [], { DPM_SUPPORTABILITY_RETENTION_DAYS: '0' });
    expect(await records.left()).toEqual({
      ...before,
      dpm_async_operations: { running: 2, kept: 2 },
      dpm_request_keys: { kept: 2 },
      proposal_request_keys: { kept: 2 },
    });
  });

  it('leaves the store to another process that has the lease, and takes over an expired one', async () => {
    const target = await open();
    const records = await filled(target);
    const before = await records.left();
    await target.query(`INSERT INTO dpm_leases VALUES ('purge', 'another', '${daysAgo(-1)}')`);
    const refused = await purge(target);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^PURGE_UNDER_WAY\n {2}Another process purges this store\.\n/);
    const { code, stdout } = await purge(target, ['--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'PURGE_UNDER_WAY' } }]);
    expect(await purge(target, ['--dry-run'])).toMatchObject({ code: 0 });
    expect(await records.left()).toEqual(before);
    expect(await target.query('SELECT holder FROM dpm_leases')).toEqual([{ holder: 'another' }]);

    await target.query(`UPDATE dpm_leases SET expires_at = '${daysAgo(1)}'`);
    expect(await purge(target)).toMatchObject({ code: 0 });
    expect(await records.left()).toEqual(KEPT);
    expect(await target.query('SELECT * FROM dpm_leases')).toEqual([]);
  });

  it('by several at once deletes each record once', async () => {
    const target = await open();
    const records = await filled(target);
    const ended = await Promise.all([1, 2, 3].map(() => purge(target, ['--json'])));
    const documents = ended.map(({ stdout }) => JSON.parse(stdout) as PurgeDocument);
    for (const [index, { code }] of ended.entries()) {
      const { error } = documents[index] ?? {};
      expect([code, error?.code]).toEqual(error ? [1, 'PURGE_UNDER_WAY'] : [0, undefined]);
    }
    const deleted = documents.map(({ stores }) => stores?.dpm.runs.records ?? 0);
    expect(deleted.reduce((sum, each) => sum + each, 0)).toBe(MANY);
    expect(await records.left()).toEqual(KEPT);
  });
});

interface PurgeDocument {
  readonly error?: { readonly code: string };
  readonly stores?: { readonly dpm: { readonly runs: { readonly records: number } } };
}

describe('holdfast purge', () => {
  it('tells on stderr how far it is when it takes long, and keeps stdout for the report', async () => {
    const target = await onPostgres();
    await filled(target);
    // Someone is at a key of the second batch: the purge waits for it.
    const client = new pg.Client({ connectionString: target.url });
    client.on('error', () => undefined);
    await client.connect();
    later(() => client.end());
    await client.query('BEGIN');
    const { rows } = await client.query<{ rebalance_run_id: string }>(
      `SELECT rebalance_run_id FROM dpm_runs ORDER BY created_at, rebalance_run_id OFFSET ${PURGE_BATCH} LIMIT 1`,
    );
    await client.query('SELECT 1 FROM dpm_run_idempotency WHERE rebalance_run_id = $1 FOR UPDATE', [
      rows[0]?.rebalance_run_id,
    ]);
    const purging = purge(target, ['--json'], { DB_LOCK_TIMEOUT_MS: '20000' });
    await eventually(async () => {
      const waiting = await target.query(`SELECT 1 FROM pg_locks WHERE NOT granted`);
      expect(waiting).not.toEqual([]);
    });
    // Longer than the time between two lines of progress.
    await wait(2500);
    await client.query('COMMIT');
    const { code, stdout, stderr } = await purging;
    expect(code).toBe(0);
    const [progress, ...waits] = stderr.trimEnd().split('\n').toReversed();
    expect(progress).toBe(`dpm runs: ${2 * PURGE_BATCH} deleted so far`);
    for (const line of waits) expect(line).toMatch(/^holdfast: waiting for pid \d+ /);
    expect(JSON.parse(stdout)).toMatchObject({ stores: { dpm: { runs: { records: MANY } } } });
  });

  it('has nothing to purge of a store in memory', async () => {
    const target = {
      environment: {
        DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
        PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
      },
      query: () => Promise.resolve([]),
    };
    expect(await purge(target)).toMatchObject({
      code: 0,
      stdout: 'dpm: in memory, nothing to purge\nadvisory: in memory, nothing to purge\n',
      stderr: '',
    });
    const { stdout } = await purge(target, ['--json', '--dry-run']);
    expect(JSON.parse(stdout)).toEqual({ dry_run: true, stores: { dpm: null, advisory: null } });
  });

  it('stops at a schema that has not been migrated, and leaves it alone', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
    const { code, stdout } = await execute('cli.js', ['purge', '--json'], environment);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      69,
      { error: { code: 'MIGRATIONS_PENDING' } },
    ]);
    expect(await database.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  it.each([[], ['--dry-run']])('changes no file that is not its own (%j)', async (...args) => {
    const folder = temporaryFolder();
    const foreign = join(folder, 'foreign.sqlite');
    const file = new Sqlite(foreign);
    file.exec('CREATE TABLE mine (id integer)');
    file.close();
    const before = readFileSync(foreign);
    const refused = await execute('cli.js', ['purge', ...args], { SQLITE_PATH: foreign });
    expect([refused.code, refused.stderr.split('\n', 1)]).toEqual([69, ['MIGRATIONS_PENDING']]);
    expect(readFileSync(foreign)).toEqual(before);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with its batch on %s, tells what it has deleted and gives the lease back',
    async (signal) => {
      const target = await onPostgres();
      const records = new DpmRecords(target.query);
      await records.addRuns('old', 100 * PURGE_BATCH, daysAgo(31));
      const environment = { ...target.environment, ...RETENTION };
      const purging = start('cli.js', ['purge', '--json'], environment);
      const left = async () => {
        const [row] = await target.query<{ n: number }>('SELECT count(*)::int AS n FROM dpm_runs');
        return row?.n ?? 0;
      };
      await eventually(async () => {
        expect(await left()).toBeLessThan(100 * PURGE_BATCH);
      });
      purging.process.kill(signal);
      const { code, stdout } = await purging.ended;
      const deleted = 100 * PURGE_BATCH - (await left());
      expect([code, JSON.parse(stdout)]).toMatchObject([
        1,
        { stopped: true, stores: { dpm: { runs: { records: deleted } } } },
      ]);
      expect(deleted % PURGE_BATCH).toBe(0);
      expect(deleted).toBeLessThan(100 * PURGE_BATCH);
      expect(await target.query('SELECT * FROM dpm_leases')).toEqual([]);
    },
  );

  it('--help tells its options, and wrong usage ends with 64', async () => {
    const help = await execute('cli.js', ['purge', '--help'], {});
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const part of ['holdfast purge', '--dry-run', '--json', 'small batches']) {
      expect(help.stdout).toContain(part);
    }
    const wrong = await execute('cli.js', ['purge', '--all'], {});
    expect(wrong).toMatchObject({ code: 64, stdout: '' });
    expect(wrong.stderr).toContain('holdfast purge --help');
  });
});
