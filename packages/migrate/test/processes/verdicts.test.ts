import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { BUILT_IN_FUNCTIONS } from '../../src/postgres/verdicts/built-in-functions.js';
import { judgedTypes } from '../../src/postgres/verdicts/judge.js';
import { liveFindings } from '../../src/postgres/verdicts/live-findings.js';
import type { Finding } from '../../src/verdicts/verdict.js';
import {
  FAILING_SCHEMA,
  FAILING_STATEMENTS,
  PASSING_STATEMENTS,
} from '../postgres/failing-statements.js';
import {
  BEARABLE_STATEMENTS,
  BREAKING_SCHEMA,
  BREAKING_STATEMENTS,
} from '../postgres/breaking-statements.js';
import {
  DESTROYING_SCHEMA,
  DESTROYING_STATEMENTS,
  KEEPING_STATEMENTS,
} from '../postgres/destroying-statements.js';
import { LOCKED_SCHEMA } from '../postgres/locked-schema.js';
import { LOCKING_STATEMENTS } from '../postgres/locking-statements.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(LOCKED_SCHEMA);
  await database.query(FAILING_SCHEMA + BREAKING_SCHEMA + DESTROYING_SCHEMA);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** By statement, of migrations that would run one after the other. */
async function foretold(...texts: readonly string[]): Promise<readonly (readonly Finding[])[]> {
  const migrations = await Promise.all(
    texts.map((sql) => statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql })),
  );
  const statements = migrations.flat();
  const query = (text: string, values: unknown[] = []) => client.query(text, values);
  const found = await liveFindings(query, migrations, await tableSizes(query, statements));
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

/** Whether a statement works on the schema as it is, or as a migration makes it; nothing stays. */
async function works(migration: string, statement: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(migration);
    return await client.query(statement).then(
      () => true,
      () => false,
    );
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('what breaks a running build is said to', () => {
  it.each(BREAKING_STATEMENTS)('%s: %s', async (migration, statement) => {
    const found = (await foretold(migration)).flat();
    expect(rulesOf(found, 'BREAKS OLD BUILD')).not.toEqual([]);
    expect(rulesOf(found, 'WILL FAIL')).toEqual([]);
    if (statement === undefined) return;
    expect(await works('SELECT 1', statement)).toBe(true);
    expect(await works(migration, statement)).toBe(false);
  });

  it.each(BEARABLE_STATEMENTS)(
    '%s is not: %s works before and after',
    async (migration, statement) => {
      const found = (await foretold(migration)).flat();
      expect(rulesOf(found, 'BREAKS OLD BUILD')).toEqual([]);
      expect(await works('SELECT 1', statement)).toBe(true);
      expect(await works(migration, statement)).toBe(true);
    },
  );
});

describe('between two migrations of one plan running builds see what the first has made', () => {
  it.each([
    ['ALTER TABLE orders RENAME note TO a', 'ALTER TABLE orders RENAME a TO note', 1, 0],
    ['ALTER TABLE orders RENAME note TO a', 'ALTER TABLE orders RENAME a TO b', 1, 0],
    ['ALTER TABLE loose RENAME TO a', 'ALTER TABLE a RENAME TO loose', 1, 0],
    ['CREATE TABLE fresh (id integer)', 'DROP TABLE fresh', 0, 0],
    ['CREATE TABLE fresh (id integer)', 'ALTER TABLE fresh RENAME TO a', 0, 0],
  ])('%s, and %s', async (first, second, ...expected) => {
    const found = await foretold(first, second);
    expect(found.map((each) => rulesOf(each, 'BREAKS OLD BUILD').length)).toEqual(expected);
    expect(rulesOf(found.flat(), 'WILL FAIL')).toEqual([]);
  });
});

/** All that one table shows, as text; null where it is not there. */
async function contentAfter(migration: string, query: string): Promise<string | null> {
  await client.query('BEGIN');
  try {
    await client.query(migration);
    const { rows } = await client.query<Record<string, unknown>>(query);
    return JSON.stringify(rows);
  } catch {
    return null;
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('what destroys is said to', () => {
  it.each(DESTROYING_STATEMENTS)('%s: %s', async (migration, query) => {
    const before = await contentAfter('SELECT 1', query);
    const after = await contentAfter(migration, query);
    expect(before).not.toBeNull();
    expect(after).not.toBe(before);
    expect(rulesOf((await foretold(migration)).flat(), 'DESTROYS')).not.toEqual([]);
  });

  it.each(KEEPING_STATEMENTS)('%s is not: %s', async (migration, query) => {
    expect(await contentAfter(migration, query)).toBe(await contentAfter('SELECT 1', query));
    expect(rulesOf((await foretold(migration)).flat(), 'DESTROYS')).toEqual([]);
  });
});

/** What no test can run and undo, or what is refused before it is run. */
const NEVER_RUN = ['DropOwnedStmt', 'DropdbStmt', 'TransactionStmt', 'VacuumStmt'];

it('every kind of statement that is judged is run, and its locks compared', async () => {
  const sql = `${LOCKING_STATEMENTS.join(';\n')};`;
  const run = await statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
  const kinds = new Set<string>([...run.map(({ type }) => type), ...NEVER_RUN]);
  expect(judgedTypes().filter((kind) => !kinds.has(kind))).toEqual([]);
});

describe('what only the rows can say', () => {
  it.each([
    ['DELETE FROM kept WHERE note IS NOT NULL', 'delete-rows'],
    ['DELETE FROM kept WHERE note = note', 'delete-rows'],
    ['DELETE FROM kept USING owners WHERE id = id', 'delete-rows'],
    ['DELETE FROM kept USING owners WHERE owners.id = owners.id', 'delete-rows'],
    ["DELETE FROM kept WHERE note NOT LIKE '%'", 'delete-rows'],
    ['DELETE FROM kept WHERE id = ANY (ARRAY[1])', 'delete-rows'],
    ["DELETE FROM kept WHERE id::text LIKE '%'", 'delete-rows'],
    ["DELETE FROM brimful WHERE a LIKE '%'", 'delete-all-rows'],
    ['DELETE FROM brimful WHERE b IS NULL', 'delete-rows'],
  ])('%s: %s', async (sql, rule) => {
    await client.query(`CREATE TABLE brimful (a text NOT NULL, b integer); INSERT INTO brimful VALUES ('a');
      ALTER TABLE brimful ADD CONSTRAINT hoped NOT NULL b NOT VALID`);
    try {
      expect(rulesOf((await foretold(sql)).flat(), 'DESTROYS')).toEqual([rule]);
    } finally {
      await client.query('DROP TABLE brimful');
    }
  });

  it('is that a table is empty, and whoever may not look takes it to hold some', async () => {
    const [sql, role] = ['TRUNCATE hidden', `looker_${Date.now()}`];
    await client.query(`CREATE TABLE hidden (id integer); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
      CREATE ROLE ${role}; GRANT SELECT ON hidden TO ${role}`);
    try {
      expect((await foretold(sql)).flat()).toEqual([]);
      await client.query(`INSERT INTO hidden VALUES (1); SET ROLE ${role}`);
      const words = (await foretold(sql)).flat().map(({ verdict }) => verdict);
      expect(words).toEqual(['DESTROYS', 'BREAKS OLD BUILD']);
    } finally {
      await client.query(`RESET ROLE; DROP TABLE hidden; DROP ROLE ${role}`);
    }
  });
});

describe('plan keeps nobody waiting, and changes nothing', () => {
  it('is not kept waiting by who has locked the table: what is not known is not judged', async () => {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    try {
      await client.query("SET lock_timeout = '100ms'");
      await other.query('BEGIN; LOCK TABLE orders');
      const found = await foretold(`ALTER TABLE orders ALTER COLUMN label SET NOT NULL;
        ALTER TABLE orders VALIDATE CONSTRAINT later; ALTER TABLE orders DROP COLUMN extra`);
      expect(found.map((each) => each.map(({ verdict, rule }) => `${verdict} ${rule}`))).toEqual([
        ['NOT JUDGED nulls-are-there', 'BREAKS OLD BUILD set-not-null'],
        ['NOT JUDGED check-not-met'],
        ['WILL FAIL no-column'],
      ]);
    } finally {
      await client.query('RESET lock_timeout');
      await other.end();
    }
  });

  it('judges what it may not read by the catalogue alone', async () => {
    const role = `reader_${Date.now()}`;
    await client.query(`CREATE ROLE ${role}`);
    try {
      await client.query(`SET ROLE ${role}`);
      const found = (
        await foretold('ALTER TABLE orders ALTER COLUMN label SET NOT NULL, DROP COLUMN extra')
      ).flat();
      expect(rulesOf(found, 'NOT JUDGED')).toEqual(['nulls-are-there']);
      expect(rulesOf(found, 'WILL FAIL')).toEqual(['no-column']);
    } finally {
      await client.query(`RESET ROLE; DROP ROLE ${role}`);
    }
  });

  it('does not run what may have effects, in order to see', async () => {
    await client.query('CREATE SEQUENCE counted_up');
    const found = await foretold(
      "ALTER TABLE orders ADD CONSTRAINT k CHECK (nextval('counted_up') > 0)",
    );
    expect(rulesOf(found.flat(), 'NOT JUDGED')).toEqual(['check-not-met']);
    const { rows } = await client.query('SELECT is_called FROM counted_up');
    expect(rows).toEqual([{ is_called: false }]);
  });
});

describe('what cannot be known is said', () => {
  it.each([
    ["DO $$ BEGIN EXECUTE 'DROP TABLE orders'; END $$", 'do-block'],
    ['SELECT changing()', 'calls-functions'],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", 'unknown-statement'],
    ['ALTER TABLE orders DISABLE TRIGGER ALL', 'disable-trig-all'],
    ['ALTER TABLE orders OWNER TO CURRENT_USER', 'change-owner'],
    [
      'CREATE TRIGGER k AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION on_change()',
      'create-trigger',
    ],
    ['CREATE OR REPLACE VIEW order_codes AS SELECT code FROM orders', 'replace-view'],
    [
      'UPDATE orders SET label = 1 WHERE id = 1; ALTER TABLE orders ALTER COLUMN label SET NOT NULL',
      'rows-changed',
    ],
    ['INSERT INTO loose VALUES (NULL); ALTER TABLE loose ADD PRIMARY KEY (id)', 'rows-changed'],
    ['ALTER TABLE orders ADD CONSTRAINT k CHECK (changing() > 0)', 'check-not-met'],
    ['CREATE UNIQUE INDEX k ON orders ((id + lasting()))', 'duplicates-are-there'],
    ['CREATE TABLE k PARTITION OF events FOR VALUES IN (9)', 'partition-bounds'],
    ['ALTER DOMAIN graded ADD CHECK (changing() + VALUE > 0)', 'domain-constraint'],
    ['UPDATE grades SET grade = 9; ALTER DOMAIN graded ADD CHECK (VALUE > 7)', 'rows-changed'],
    ["COPY loose FROM PROGRAM 'echo 1'", 'copy-program'],
    ["COPY loose TO PROGRAM 'cat'", 'copy-program'],
    ["COPY loose TO '/tmp/loose'", 'copy-file'],
    ['SET search_path TO audit', 'set'],
    ['RESET ALL', 'set'],
    ['CREATE TYPE pair AS (a integer); ALTER FUNCTION lasting() IMMUTABLE', 'unknown-statement'],
    ["ALTER TYPE size ADD VALUE 'vast'; SELECT 'vast' AS note", 'label-not-committed'],
  ])('%s: %s', async (sql, rule) => {
    const found = (await foretold(sql)).flat();
    expect(rulesOf(found, 'NOT JUDGED')).toContain(rule);
    expect(rulesOf(found, 'WILL FAIL')).toEqual([]);
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
