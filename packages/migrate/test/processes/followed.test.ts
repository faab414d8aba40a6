import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { type Statement, statementsOf } from '../../src/postgres/parser/statements.js';
import { liveFindings } from '../../src/postgres/verdicts/live-findings.js';
import { FOLLOWED, FOLLOWED_SCHEMA } from '../postgres/followed-statements.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(FOLLOWED_SCHEMA);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The server has taken the statement, and waits for rows that are not sent. */
const NO_ROWS = '57014';

/** Of each, until the server refuses one: whether it does. */
async function refused(statements: readonly Statement[]): Promise<readonly boolean[]> {
  const outcomes: boolean[] = [];
  const isAlone = statements.some(({ text }) => text.includes('CONCURRENTLY'));
  if (!isAlone) await client.query('BEGIN');
  for (const { text } of statements) {
    const isRefused = await client.query(text).then(
      () => false,
      (error: unknown) => (error as { code?: string }).code !== NO_ROWS,
    );
    outcomes.push(isRefused);
    if (isRefused) break;
  }
  if (!isAlone) await client.query('ROLLBACK');
  return outcomes;
}

async function foretold(statements: readonly Statement[]): Promise<readonly boolean[]> {
  const query = (text: string, values: unknown[] = []) => client.query(text, values);
  const found = await liveFindings(query, [statements], await tableSizes(query, statements));
  return statements.map((each) =>
    (found.get(each) ?? []).some(({ verdict }) => verdict === 'WILL FAIL'),
  );
}

it.each(FOLLOWED)('foretells what the server makes of: %s', async (sql) => {
  const name = { store: 'followed', version: '0001', name: 'follow_it' };
  const statements = await statementsOf({ ...name, sql });
  const outcomes = await refused(statements);
  expect(outcomes).toHaveLength(statements.length);
  expect(await foretold(statements)).toEqual(outcomes);
});
