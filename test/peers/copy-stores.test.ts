import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { compareStores } from '../../src/commands/copy-stores.js';
import type { CopyReport } from '@holdfast/copy/report';
import { settingsFor } from '../support/backends.js';
import { cleanup } from '../support/cleanup.js';
import { compareCopy, sqliteFile } from '../support/copy.js';
import { eventually } from '../support/eventually.js';
import { documentOf, migrate } from '../support/migrate.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, start } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;
let production: Environment;
let folder: string;
let file: string;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
  production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: target.url };
  folder = temporaryFolder();
  file = join(folder, 'holdfast.sqlite');
});

async function local(): Promise<Service> {
  const service = await startService({ SQLITE_PATH: file });
  later(() => service.stop('SIGKILL'));
  return service;
}

function post(service: Service, path: string, body: object, key = path): Promise<Response> {
  return fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
}

const PROPOSAL = { portfolio_id: 'pf-1', created_by: 'someone', title: 'x', document: { ä: 1.5 } };
const RUN = {
  rebalance_run_id: 'run-1',
  correlation_id: 'order-1',
  request_hash: 'hash-1',
  portfolio_id: 'pf-1',
  status: 'PENDING_REVIEW',
  result: { trades: [1, 2] },
};

/** A LOCAL service that runs, with something of every kind in its file. */
async function filled(): Promise<Service> {
  const service = await local();
  const decision = { action: 'APPROVE', reason_code: 'FINE', actor_id: 'someone' };
  const edge = { source: 'run-1', edge_type: 'LED_TO', target: 'trade-1' };
  for (const [path, body] of [
    ['/rebalance/proposals', PROPOSAL],
    ['/rebalance/runs', RUN],
    ['/rebalance/runs/run-1/workflow/decisions', decision],
    ['/rebalance/lineage/edges', edge],
  ] as const) {
    const { status } = await post(service, path, body);
    expect([path, status]).toEqual([path, 201]);
  }
  return service;
}

const MARKED = `SELECT 1 FROM sqlite_schema WHERE name = 'holdfast_retired'`;

const copyStores = (args: readonly string[] = []) =>
  execute('cli.js', ['copy', '--from', file, '--json', ...args], production);

const codeOf = (stdout: string) => (JSON.parse(stdout) as { error: { code: string } }).error.code;

describe("Holdfast's own file, into the database of the stores", () => {
  it('moves: no process writes to the file any more, until the copy is undone', async () => {
    const running = await filled();
    expect(await migrate({ environment: production }, ['up'])).toMatchObject({ code: 0 });
    const report = join(folder, 'report.json');
    const copied = await copyStores(['--report', report]);
    expect(copied.stderr).not.toMatch(/"error"/);
    expect((documentOf(copied) as CopyReport).retired_source).toBe(file);
    expect(copied.code).toBe(0);

    const service = await startService(production);
    later(() => service.stop('SIGKILL'));
    const found = await fetch(`${service.url}/rebalance/runs/run-1/support-bundle`);
    expect(await found.json()).toMatchObject({ run: { result: { trades: [1, 2] } } });

    const refused = await post(running, '/rebalance/proposals', PROPOSAL, 'another');
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'SQLITE_SOURCE_RETIRED' }),
    ]);
    const started = await execute('main.js', [], { SQLITE_PATH: file });
    expect([started.code, started.stdout]).toEqual([
      69,
      expect.stringContaining('SQLITE_SOURCE_RETIRED'),
    ]);
    const command = await migrate({ environment: { SQLITE_PATH: file } }, ['status', '--json']);
    expect([command.code, codeOf(command.stdout)]).toEqual([69, 'SQLITE_SOURCE_RETIRED']);

    await service.stop();
    const undone = await execute('cli.js', ['copy', '--undo', report], production);
    expect([undone.code, undone.stderr]).toEqual([0, '']);
    expect(await target.query('SELECT * FROM dpm_runs')).toEqual([]);
    const again = await post(running, '/rebalance/proposals', PROPOSAL, 'another');
    expect(again.status).toBe(201);
    expect(await migrate({ environment: { SQLITE_PATH: file } }, ['status'])).toMatchObject({
      code: 0,
    });
  }, 60_000);

  it('says so when the file cannot be marked', async () => {
    await (await filled()).stop();
    await migrate({ environment: production }, ['up']);
    const database = new Sqlite(file);
    database.exec('CREATE VIEW holdfast_retired AS SELECT 1');
    database.close();
    const { code, stdout } = await copyStores();
    expect([code, codeOf(stdout)]).toEqual([1, 'COPY_SOURCE_NOT_RETIRED']);
    expect(await target.query('SELECT rebalance_run_id FROM dpm_runs')).toHaveLength(1);
  }, 60_000);

  it.each([[[]], [['--resume']]])(
    'that was killed before the file was marked: the next copy with %j marks it and says so',
    async (args) => {
      await (await filled()).stop();
      await migrate({ environment: production }, ['up']);
      const reader = new Sqlite(file);
      later(() => reader.close());
      // Without a write-ahead log, a reader keeps the mark from being committed.
      reader.pragma('journal_mode = DELETE');
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM sqlite_schema').get();
      const report = join(folder, 'report.json');
      const { process: child, ended } = start(
        'cli.js',
        ['copy', '--from', file, '--report', report],
        production,
      );
      await eventually(async () => {
        const runs = await target.query('SELECT FROM dpm_runs');
        if (runs.length === 0) throw new Error('not switched in yet');
      });
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      reader.exec('COMMIT');
      expect(reader.prepare(MARKED).all()).toEqual([]);

      const command = ['copy', '--from', file, '--report', report, ...args];
      const again = await execute('cli.js', command, production);
      expect([again.code, again.stderr]).toEqual([0, '']);
      expect(again.stdout).toContain('All of it is there, as an earlier copy has left it');
      expect(again.stdout).toContain(`${file} is marked as moved`);
      expect(reader.prepare(MARKED).all()).toHaveLength(1);

      const undone = await execute('cli.js', ['copy', '--undo', report], production);
      expect([undone.code, undone.stderr]).toEqual([0, '']);
      expect(await target.query('SELECT FROM dpm_runs')).toEqual([]);
      expect(reader.prepare(MARKED).all()).toEqual([]);
    },
    60_000,
  );

  it('needs the migrations first', async () => {
    await filled();
    const { code, stdout } = await copyStores();
    expect([code, codeOf(stdout)]).toEqual([69, 'MIGRATIONS_PENDING']);
    expect(await target.query(`SELECT relname FROM pg_class WHERE relname ~ 'dpm'`)).toEqual([]);
  }, 60_000);

  it('makes no table that a migration has to make, and names it', async () => {
    await (await filled()).stop();
    await migrate({ environment: production }, ['up']);
    const database = new Sqlite(file);
    database.exec('CREATE TABLE policy_packs (id TEXT)');
    database.close();
    const { code, stdout } = await copyStores();
    expect([code, codeOf(stdout)]).toEqual([1, 'COPY_TARGET_DIFFERS']);
    expect(stdout).toContain('policy_packs');
  }, 60_000);

  it('keeps writers out meanwhile, and does not begin while one is writing', async () => {
    await (await filled()).stop();
    await migrate({ environment: production }, ['up']);
    const writer = new Sqlite(file);
    later(() => writer.close());
    writer.exec('BEGIN IMMEDIATE');
    const { code, stdout } = await copyStores();
    expect([code, codeOf(stdout)]).toEqual([69, 'COPY_SOURCE_IN_USE']);
    writer.exec('ROLLBACK');
    expect((await copyStores()).code).toBe(0);
  }, 60_000);
});

it('finds a record that is not the same when it is loaded from both sides', async () => {
  await filled();
  await migrate({ environment: production }, ['up']);
  expect((await copyStores()).code).toBe(0);
  const settings = settingsFor({ DB_TYPE: 'postgresql', DATABASE_URL: target.url });
  const [database] = settings.databases;
  if (database?.type !== 'postgresql') throw new Error('no database');
  const compared = () =>
    compareStores(
      { settings, log: pino({ level: 'silent' }) },
      ['dpm', 'advisory'],
      file,
      database,
      'public',
    );
  expect(await compared()).toBe(2);
  await target.query(`UPDATE dpm_workflow_decisions SET reason_code = 'OTHER'`);
  await expect(compared()).rejects.toMatchObject({
    code: 'COPY_MISMATCH',
    message: expect.stringContaining('the run run-1'),
  });
}, 60_000);

it("never marks another program's file", async () => {
  file = sqliteFile(folder, 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
  const copied = await copyStores();
  expect([copied.code, (documentOf(copied) as CopyReport).retired_source]).toEqual([0, null]);
  expect(compareCopy(file, target.url).differences).toEqual([]);
  const database = new Sqlite(file);
  later(() => database.close());
  expect(database.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['t']);
  database.exec('INSERT INTO t VALUES (2)');
});
