import { beforeEach, expect, it } from '@jest/globals';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { copyReport, sqliteFile } from '../support/copy.js';

/** Longer than anything that either side computes between a question and an answer. */
const ROUND_TRIP_MS = 400;

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

/** How often a copy waits for the server before it goes on, behind its login. */
async function roundTrips(tables: number, ...args: readonly string[]): Promise<number> {
  const numbers = Array.from({ length: tables }, (_, index) => index + 1);
  const path = sqliteFile(temporaryFolder(), numbers.map(tableSql).join(''));
  const proxy = await startProxy({ port: Number(new URL(target.url).port) });
  later(() => proxy.close());
  proxy.delay(ROUND_TRIP_MS);
  const to = through(proxy, target.url);
  const client = new pg.Client({ connectionString: to });
  await client.connect();
  const login = proxy.roundTrips(1);
  await client.end();
  await copyReport(path, to, args);
  // Another one looks after what keeps a copy waiting.
  return proxy.roundTrips(2) - login;
}

const tableSql = (number: number) =>
  `CREATE TABLE t${number} (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
   WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
   INSERT INTO t${number} SELECT i, 'label ' || i FROM n;`;

it.each([
  { tables: 1, verify: 'counts' },
  { tables: 1, verify: 'full' },
  { tables: 6, verify: 'counts' },
  { tables: 6, verify: 'full' },
])(
  'takes six round trips at most for $tables tables, verified by $verify',
  async ({ tables, verify }) => {
    expect(await roundTrips(tables, '--verify', verify)).toBeLessThanOrEqual(6);
  },
  60_000,
);
