import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { addOptionalParts } from '../../src/postgres/attempts.js';
import { setSession } from '../../src/postgres/session.js';
import type { TargetTable } from '../../src/postgres/target-table.js';

let target: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  target = await createDatabase();
  client = new pg.Client({ connectionString: target.url });
  await client.connect();
  await target.query('CREATE TABLE t (n integer); INSERT INTO t VALUES (1)');
  await client.query('BEGIN');
});

afterEach(async () => {
  await client.end();
  await target.drop();
});

const attempted = (sql: string) =>
  addOptionalParts(client, 'public', undefined, { name: 't' } as TargetTable, {
    table: 't',
    create: '',
    keys: [],
    foreignKeys: [],
    notes: [],
    attempts: [{ sql, noteOnFailure: 'left out' }],
    generated: [],
  });

it.each([
  ['what it does not know', 'ALTER TABLE t ADD CHECK (no_such(n))'],
  ['what the rows break', 'ALTER TABLE t ADD CHECK (n > 1)'],
  ['what cannot be computed of them', 'CREATE INDEX ON t ((1 / (n - 1)))'],
  ['what it does not do', 'CREATE INDEX ON t (n) INCLUDE ((n + 1))'],
])('goes on without what PostgreSQL cannot make: %s', async (_, sql) => {
  expect(await attempted(sql)).toEqual([{ table: 't', text: 'left out' }]);
});

it.each([
  ['somebody has cancelled it', '57014', 'SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(9)'],
  ['a lock is not had', '55P03', 'LOCK TABLE held NOWAIT'],
  ['a right is missing', '42501', 'SET LOCAL ROLE pg_read_all_settings; DROP TABLE t'],
  ['it is the victim of a deadlock', '40P01', "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"],
])('ends where it would be another matter the next time: %s', async (_, code, sql) => {
  const other = new pg.Client({ connectionString: target.url });
  await other.connect();
  try {
    await other.query('CREATE TABLE held ()');
    await other.query('BEGIN; LOCK TABLE held');
    await expect(attempted(sql)).rejects.toMatchObject({ code });
  } finally {
    await other.end();
  }
});

it('has the settings of a copy, whatever those of the role and the database are', async () => {
  await client.query('COMMIT');
  const own = {
    idle_session_timeout: '1h',
    statement_timeout: '1h',
    quote_all_identifiers: 'on',
    jit: 'on',
  };
  for (const [name, value] of Object.entries(own)) await client.query(`SET ${name} = '${value}'`);
  expect(await setSession(client, { sessions: 1, lockTimeoutSeconds: 5 }, 'true')).toBe(true);
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
    [[...Object.keys(own), 'transaction_timeout']],
  );
  const found = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  expect(found).toMatchObject({
    idle_session_timeout: '0',
    statement_timeout: '0',
    quote_all_identifiers: 'off',
    jit: 'off',
  });
  expect(found.transaction_timeout ?? '0').toBe('0');
});
