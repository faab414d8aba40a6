import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { pipelined } from '../../src/postgres/pipeline.js';
import { NO_PROGRESS } from '../../src/postgres/progress.js';
import { Staging } from '../../src/postgres/staging.js';
import { atOnce } from '../../src/postgres/transaction.js';

const IDENTITY = { source: 'a file', plan: 'a plan' };
const WRITTEN = { ...NO_PROGRESS, rowsRead: 3, rowsWritten: 3 };

let target: TestDatabase;
let client: pg.Client;
let staging: Staging;

beforeEach(async () => {
  target = await createDatabase();
  client = new pg.Client({ connectionString: target.url });
  await client.connect();
  staging = await Staging.open(client, 'public', IDENTITY, false, []);
  await target.query('CREATE TABLE t (n integer)');
});

afterEach(async () => {
  await client.end();
  await target.drop();
});

const columnsAfter = (tables: readonly string[]) =>
  atOnce(client, [staging.requiringRows(tables), 'ALTER TABLE t ADD COLUMN made integer']).then(
    () => 'made',
    (error: unknown) => (error as { code: string }).code,
  );

const DIVISION_BY_ZERO = '22012';

/** As a copy that is continued finds it. */
async function found(table: string) {
  const continued = await Staging.open(client, 'public', IDENTITY, true, [staging.schema]);
  return continued.progressOf(table);
}

it('makes nothing behind rows of which some are not there', async () => {
  await atOnce(client, [staging.saving('a', { ...WRITTEN, loaded: false })]);
  await atOnce(client, [staging.saving('b', { ...WRITTEN, loaded: true })]);
  expect(await columnsAfter(['a'])).toBe(DIVISION_BY_ZERO);
  expect(await columnsAfter(['b', 'a'])).toBe(DIVISION_BY_ZERO);
  expect(await columnsAfter(['b', 'unknown'])).toBe(DIVISION_BY_ZERO);
  expect(client.getTransactionStatus()).toBe('I');
  expect(await columnsAfter(['b'])).toBe('made');
});

it('makes nothing behind a transaction with the last rows that was cancelled', async () => {
  const last = pipelined(client, [
    'BEGIN',
    'SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)',
    staging.savingWritten('a', { ...WRITTEN, loaded: true }),
    'COMMIT',
  ]);
  const made = columnsAfter(['a']);
  await expect(last).rejects.toMatchObject({ code: '57014' });
  expect(await made).toBe(DIVISION_BY_ZERO);
  expect(await found('a')).toEqual(NO_PROGRESS);
});

it('keeps what was saved, and not yet answered, when keys are made behind it', async () => {
  const note = { table: 'a', text: 'a note' };
  const rows = atOnce(client, [staging.savingWritten('a', { ...WRITTEN, loaded: true })]);
  const keys = atOnce(client, [staging.requiringRows(['a']), staging.savingKeyed('a', [note])]);
  await Promise.all([rows, keys]);
  const progress = await found('a');
  expect(progress).toEqual({
    ...WRITTEN,
    loaded: true,
    keyed: true,
    notes: [note],
    transactions: [expect.stringMatching(/^\d+$/)],
  });
});

it('is there for a session that has waited for it, and for its own at once', async () => {
  const other = await Staging.open(client, 'other', IDENTITY, false, []);
  const own = atOnce(client, [other.saving('a', WRITTEN)]);
  await other.made;
  const rows = await target.query(`SELECT 1 FROM ${other.schema}.holdfast_copy_state`);
  expect(rows.length).toBeGreaterThan(0);
  await own;
});
