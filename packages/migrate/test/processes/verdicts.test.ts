import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { BUILT_IN_FUNCTIONS } from '../../src/postgres/verdicts/built-in-functions.js';
import { liveFindings } from '../../src/postgres/verdicts/live-findings.js';
import type { Finding } from '../../src/verdicts/verdict.js';
import {
  FAILING_SCHEMA,
  FAILING_STATEMENTS,
  PASSING_STATEMENTS,
} from '../postgres/failing-statements.js';
import { LOCKED_SCHEMA } from '../postgres/locked-schema.js';
import { LOCKING_STATEMENTS } from '../postgres/locking-statements.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(LOCKED_SCHEMA);
  await database.query(FAILING_SCHEMA);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

async function foretold(sql: string): Promise<readonly (readonly Finding[])[]> {
  const statements = await statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
  const query = (text: string, values: unknown[] = []) => client.query(text, values);
  const found = await liveFindings(query, statements, await tableSizes(query, statements));
  return statements.map((statement) => found.get(statement) ?? []);
}

/** Runs each statement of one transaction, and undoes it. @returns the SQLSTATE that each ends with */
async function run(sql: string): Promise<readonly (string | undefined)[]> {
  const statements = await statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
  await client.query('BEGIN');
  try {
    const codes: (string | undefined)[] = [];
    for (const { text } of statements) {
      const failed = await client.query(text).then(
        () => undefined,
        (error: unknown) => (error as { code?: string }).code ?? 'no SQLSTATE',
      );
      codes.push(failed);
      if (failed !== undefined) break;
    }
    return codes;
  } finally {
    await client.query('ROLLBACK');
  }
}

const rulesOf = (findings: readonly Finding[], verdict: Finding['verdict']) =>
  findings.filter((each) => each.verdict === verdict).map(({ rule }) => rule);

describe('what is foretold to fail fails', () => {
  it.each(FAILING_STATEMENTS)('%s: %s', async (sql, rule) => {
    const found = await foretold(sql);
    const codes = await run(sql);
    expect(codes).toHaveLength(found.length);
    expect(codes.slice(0, -1).filter((code) => code !== undefined)).toEqual([]);
    expect(codes.at(-1)).toEqual(expect.any(String));
    expect(rulesOf(found.at(-1) ?? [], 'WILL FAIL')).toContain(rule);
    for (const earlier of found.slice(0, -1)) expect(rulesOf(earlier, 'WILL FAIL')).toEqual([]);
  });
});

describe('what succeeds is not foretold to fail', () => {
  it.each([...LOCKING_STATEMENTS, ...PASSING_STATEMENTS])('%s', async (sql) => {
    const found = await foretold(sql);
    expect((await run(sql)).filter((code) => code !== undefined)).toEqual([]);
    expect(found.flat().filter(({ verdict }) => verdict === 'WILL FAIL')).toEqual([]);
  });
});

describe('what is known of functions without a database', () => {
  it('is what PostgreSQL says of them', async () => {
    const names = Object.keys(BUILT_IN_FUNCTIONS);
    const { rows } = await client.query<{ proname: string; volatile: boolean }>(
      `SELECT proname::text, bool_or(provolatile = 'v') AS volatile FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1) GROUP BY 1`,
      [names],
    );
    const known = rows.map(({ proname, volatile }) => [proname, { volatile, own: false }]);
    expect(Object.fromEntries(known)).toEqual(BUILT_IN_FUNCTIONS);
  });
});
