import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import { PURGE_BATCH } from '../../src/stores/retention.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, DpmRecords, queryOf, rowsOfRuns } from '../support/expired.js';
import { HttpClient } from '../support/http-client.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const RETENTION = { DPM_SUPPORTABILITY_RETENTION_DAYS: '30', LOG_LEVEL: 'debug' };
const EVERY_SECOND = { DPM_PURGE_INTERVAL_SECONDS: '1' };
const BATCHES = 24;

type Environment = Readonly<Record<string, string>>;

async function start(environment: Environment): Promise<Service> {
  const service = await startService({ ...RETENTION, ...environment });
  later(() => service.stop('SIGKILL'));
  return service;
}

/** A migrated database, and how to start a service on it. */
async function onPostgres() {
  const database = await createDatabase();
  later(() => database.drop());
  const common = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  const first = await start({ ...common, MIGRATE_ON_START: 'true' });
  await first.stop();
  return {
    database,
    records: new DpmRecords((sql) => database.query(sql)),
    startOn: (environment: Environment) => start({ ...common, ...environment }),
  };
}

/** Makes every batch last, and writes down who deletes it under whose lease. */
async function slowDown(database: TestDatabase, seconds: number): Promise<void> {
  await database.query(
    `CREATE TABLE batches (batch_no serial PRIMARY KEY, replica text, holder text);
     CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         INSERT INTO batches (replica, holder)
           SELECT current_setting('application_name'), (SELECT holder FROM dpm_leases);
         PERFORM pg_sleep(${seconds});
         RETURN NULL;
       END $$;
     CREATE TRIGGER write_down AFTER DELETE ON dpm_runs EXECUTE FUNCTION write_down()`,
  );
}

const events = (service: Service, event: string) =>
  jsonLines(service.output()).filter((line) => line.event === event);

const deleted = (service: Service) =>
  events(service, 'purge.done').reduce((sum, line) => sum + Number(line.runs), 0);

describe('purging by the service', () => {
  it('is off unless an interval is given', async () => {
    const off = await onPostgres();
    const on = await onPostgres();
    for (const { records } of [off, on]) await records.addRuns('old', 3, daysAgo(31));
    const still = await off.startOn({});
    const purging = await on.startOn(EVERY_SECOND);
    // Time enough for one that purges.
    await eventually(() => {
      expect(events(purging, 'purge.done').length).toBeGreaterThan(1);
    });
    expect(await on.records.left()).toEqual({});
    expect(await off.records.left()).toEqual(rowsOfRuns('old', 3));
    expect(still.output()).not.toContain('purge');
  });

  it('by two replicas is done by one at a time, and takes everything that has expired', async () => {
    const { database, records, startOn } = await onPostgres();
    await records.addRuns('old', BATCHES * PURGE_BATCH, daysAgo(31));
    await records.addRuns('kept', 3, daysAgo(29));
    await slowDown(database, 0.1);
    const replicas = await Promise.all(
      ['one', 'other'].map((name) => startOn({ ...EVERY_SECOND, DB_APPLICATION_NAME: name })),
    );
    await eventually(() => {
      expect(replicas.reduce((sum, each) => sum + deleted(each), 0)).toBe(BATCHES * PURGE_BATCH);
    });
    expect(await records.left()).toEqual(rowsOfRuns('kept', 3));

    // While one was at it, the other had its turn and let it pass.
    expect(replicas.flatMap((each) => events(each, 'purge.skipped'))).toContainEqual(
      expect.objectContaining({ level: 'debug', store: 'dpm', code: 'PURGE_UNDER_WAY' }),
    );
    const batches = await database.query<{ replica: string; holder: string | null }>(
      'SELECT replica, holder FROM batches ORDER BY batch_no',
    );
    const turns = batches
      .map(({ replica, holder }) => `${replica} ${String(holder)}`)
      .filter((turn, index, all) => turn !== all[index - 1]);
    const holders = turns.map((turn) => turn.split(' ')[1]);
    expect(holders).not.toContain('null');
    expect(new Set(holders).size).toBe(turns.length);
    for (const replica of replicas) {
      expect(events(replica, 'purge.failed')).toEqual([]);
      for (const line of events(replica, 'purge.done')) {
        expect(line).toMatchObject({ level: 'info', lineage_edges: 0, async_operations: 0 });
      }
    }
  });

  it.each(['IN_MEMORY', 'SQLITE'])(
    'frees the keys of requests on %s for requests of another kind',
    async (backend) => {
      const service = await start({
        DPM_SUPPORTABILITY_STORE_BACKEND: backend,
        PROPOSAL_STORE_BACKEND: backend,
        SQLITE_PATH: join(temporaryFolder(), 'keys.sqlite'),
        IDEMPOTENCY_KEY_TTL_SECONDS: '3',
        ...EVERY_SECOND,
      });
      const client = new HttpClient(service.url);
      const create = async (correlation: string) => {
        const body = JSON.stringify({ operation_type: 'T', correlation_id: correlation });
        const headers = { 'idempotency-key': 'used-anew' };
        return (await client.send('POST', '/rebalance/operations', body, headers)).status;
      };
      expect([await create('first'), await create('second')]).toEqual([201, 409]);
      await eventually(async () => {
        expect(await create('second')).toBe(201);
      });
      expect(events(service, 'purge.failed')).toEqual([]);
    },
  );

  it('ends with its batch when the service is told to stop', async () => {
    const { database, records, startOn } = await onPostgres();
    await records.addRuns('old', BATCHES * PURGE_BATCH, daysAgo(31));
    await slowDown(database, 0.3);
    const service = await startOn(EVERY_SECOND);
    await eventually(async () => {
      expect(await database.query('SELECT 1 FROM batches')).not.toEqual([]);
    });
    const { code, stdout } = await service.stop();
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'stopped', late: false });
    const left = (await records.left()).dpm_runs?.old ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(left % PURGE_BATCH).toBe(0);
    expect(await records.left()).toEqual(rowsOfRuns('old', left));
    expect(deleted(service)).toBe(BATCHES * PURGE_BATCH - left);
    expect(await database.query('SELECT * FROM dpm_leases')).toEqual([]);
  });

  it('goes on after a failure, which is logged with its code', async () => {
    const { database, records, startOn } = await onPostgres();
    const service = await startOn(EVERY_SECOND);
    await database.query('ALTER TABLE dpm_leases RENAME TO dpm_leases_away');
    await records.addRuns('old', 3, daysAgo(31));
    await eventually(() => {
      expect(events(service, 'purge.failed').length).toBeGreaterThan(1);
    });
    expect(events(service, 'purge.failed')[0]).toMatchObject({
      level: 'error',
      store: 'dpm',
      code: 'SCHEMA_INCOMPATIBLE',
      err: { code: '42P01' },
    });
    await database.query('ALTER TABLE dpm_leases_away RENAME TO dpm_leases');
    await eventually(() => {
      expect(deleted(service)).toBe(3);
    });
    expect(await records.left()).toEqual({});
  });

  it('works on SQLite as well', async () => {
    const path = join(temporaryFolder(), 'job.sqlite');
    await start({ SQLITE_PATH: path, ...EVERY_SECOND });
    const file = new Sqlite(path);
    later(() => file.close());
    const records = new DpmRecords(queryOf(file));
    await records.addRuns('kept', 2, daysAgo(29));
    await records.addEdges('old', PURGE_BATCH + 1, daysAgo(31));
    await eventually(async () => {
      expect(await records.left()).toEqual(rowsOfRuns('kept', 2));
    });
  });
});
