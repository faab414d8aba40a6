import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { liveFindings } from '../../src/postgres/verdicts/live-findings.js';
import type { Finding } from '../../src/verdicts/verdict.js';
import { TRIED_FAILING, TRIED_PASSING, TRIED_SCHEMA } from '../postgres/tried-statements.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(TRIED_SCHEMA);
  client = await connected();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

async function connected(): Promise<pg.Client> {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  return other;
}

const parsed = (sql: string) =>
  statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });

/** By statement, all that is said. */
async function said(
  migrations: readonly string[],
  by = client,
): Promise<readonly (readonly Finding[])[]> {
  const all = await Promise.all(migrations.map(parsed));
  const query = (text: string, values: unknown[] = []) => by.query(text, values);
  const found = await liveFindings(query, all, await tableSizes(query, all.flat()));
  return all.flat().map((statement) => found.get(statement) ?? []);
}

/** By statement, the rules by which it fails. */
async function foretold(sql: string, by = client): Promise<readonly (readonly string[])[]> {
  return (await said([sql], by)).map((findings) => rulesOf(findings, 'WILL FAIL'));
}

const rulesOf = (findings: readonly Finding[], verdict: Finding['verdict']) =>
  findings.flatMap((each) => (each.verdict === verdict ? [each.rule] : []));

/** Runs each statement of one transaction, and undoes it. @returns whether each has failed */
async function run(sql: string): Promise<readonly boolean[]> {
  const statements = await parsed(sql);
  const isAlone = sql.includes('CONCURRENTLY k ON');
  if (!isAlone) await client.query('BEGIN');
  try {
    const failed: boolean[] = [];
    for (const { text } of statements)
      failed.push(
        await client.query(text).then(
          () => false,
          () => true,
        ),
      );
    return failed;
  } finally {
    if (!isAlone) await client.query('ROLLBACK');
    await client.query('RESET ALL');
  }
}

describe('what the server would not take is foretold', () => {
  it.each(TRIED_FAILING)('%s: %s', async (sql, rule) => {
    const found = await foretold(sql);
    expect(await run(sql)).toEqual(found.map((_, place) => place === found.length - 1));
    expect(found.slice(0, -1).flat()).toEqual([]);
    expect(found.at(-1)).toEqual([rule]);
  });
});

describe('what it takes is not foretold to fail', () => {
  it.each(TRIED_PASSING)('%s', async (sql) => {
    expect((await run(sql)).filter((failed) => failed)).toEqual([]);
    expect((await foretold(sql)).flat()).toEqual([]);
  });
});

/** What other sessions see of the transactions of one, after each of its queries. */
async function seen(migrations: readonly string[], look: string) {
  const watcher = await connected();
  const by = await connected();
  try {
    const { rows: own } = await by.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const all = new Map<string, ReadonlySet<string>>();
    for (const sql of migrations) {
      const statements = await parsed(sql);
      const shown = new Set<string>();
      const query = async (text: string, values: unknown[] = []) => {
        const answer = await by.query(text, values);
        const { rows } = await watcher.query<{ seen: string }>(look, [own[0]?.pid]);
        for (const row of rows) shown.add(row.seen);
        return answer;
      };
      await liveFindings(query, [statements], await tableSizes(query, statements));
      all.set(sql, shown);
    }
    return all;
  } finally {
    await by.end();
    await watcher.end();
  }
}

const LOCKS = `
  SELECT l.mode AS seen FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE l.pid = $1 AND n.nspname IN ('public', 'side')
  UNION ALL SELECT l.mode FROM pg_locks l WHERE l.pid = $1 AND l.locktype IN ('object', 'advisory') AND EXISTS (
    SELECT FROM (SELECT oid FROM pg_type UNION ALL SELECT oid FROM pg_proc UNION ALL SELECT oid FROM pg_namespace
      UNION ALL SELECT oid FROM pg_constraint UNION ALL SELECT oid FROM pg_authid) AS there WHERE there.oid = l.objid)`;

/** All that a trial could have left behind, or counted on. */
const LEFT = `
  SELECT (SELECT json_agg(c.oid ORDER BY c.oid) FROM pg_class c)::text AS classes,
         (SELECT json_agg(a ORDER BY a.attrelid, a.attnum) FROM pg_attribute a)::text AS columns,
         (SELECT json_agg(t.oid ORDER BY t.oid) FROM pg_type t)::text AS types,
         (SELECT json_agg(p.oid ORDER BY p.oid) FROM pg_proc p)::text AS functions,
         (SELECT json_agg(s ORDER BY s.schemaname, s.sequencename) FROM pg_sequences s)::text AS sequences,
         (SELECT count(*) FROM pg_namespace)::int AS schemas, (SELECT json_agg(p ORDER BY p.id) FROM people p)::text AS people`;

describe('a trial', () => {
  const all = [...TRIED_FAILING.map(([sql]) => sql), ...TRIED_PASSING];

  it('holds nothing but ACCESS SHARE on what is there', async () => {
    for (const [sql, modes] of await seen(all, LOCKS))
      expect([sql, [...modes].filter((mode) => mode !== 'AccessShareLock')]).toEqual([sql, []]);
    const [[, modes] = []] = await seen(['SELECT id FROM people'], LOCKS);
    expect([...(modes ?? [])]).toEqual(['AccessShareLock']);
  });

  it('leaves nothing behind, and takes no number of a sequence', async () => {
    const before = await database.query(LEFT);
    for (const sql of all) await foretold(sql);
    expect(await database.query(LEFT)).toEqual(before);
    const { rows } = await client.query('SELECT name FROM pg_prepared_statements');
    expect(rows).toEqual([]);
  });

  it('finds what the migrations before one have made', async () => {
    const first = "ALTER TABLE people ADD COLUMN k integer; ALTER TYPE mood ADD VALUE 'glad'";
    const found = await said([
      first,
      "UPDATE people SET k = 1 WHERE id = 1; UPDATE people SET mood = 'glad' WHERE id = 1",
      'CREATE TABLE fresh (id integer)',
      'INSERT INTO fresh (id) VALUES (1); INSERT INTO fresh (no_such) SELECT 1; SELECT id + name FROM fresh',
    ]);
    expect(found.map((each) => rulesOf(each, 'WILL FAIL'))).toEqual([
      ...[[], [], [], [], [], []],
      ['no-column'],
      ['no-column'],
    ]);
  });

  it('does not take a value for a wrong one that a migration before makes a right one', async () => {
    const found = await said([
      "ALTER TYPE mood ADD VALUE 'glad'",
      `SELECT mooded('glad'); UPDATE "Odd.Name" SET "My.mood" = 'glad'; CREATE VIEW k AS SELECT 1 AS one FROM people WHERE mood = 'glad'`,
    ]);
    expect(found.map((each) => rulesOf(each, 'WILL FAIL'))).toEqual([[], [], [], []]);
  });

  it('says names of the statement, and no value of a row', async () => {
    const [found] = await said(['SELECT no_such FROM people']);
    expect(found).toEqual([
      {
        verdict: 'WILL FAIL',
        rule: 'no-column',
        text: 'It names a column that is not there (SQLSTATE 42703: no_such).',
        fix: null,
      },
    ]);
    const all = await said([
      'CREATE UNIQUE INDEX k ON people (lower(email))',
      'ALTER TABLE people ADD COLUMN k integer GENERATED ALWAYS AS (name::integer) STORED',
    ]);
    const texts = all.flat().map(({ text, fix }) => `${text} ${fix ?? ''}`);
    expect(texts.filter((text) => /a@x|Ann/i.test(text))).toEqual([]);
    expect(all.map((each) => rulesOf(each, 'WILL FAIL').length)).toEqual([1, 1]);
  });

  it('knows whether a default meets its CHECK, and whether rows are the same to an expression', async () => {
    const found = await said([
      'ALTER TABLE people ADD COLUMN k integer DEFAULT 1 CHECK (k > 0)',
      'CREATE UNIQUE INDEX k ON people ((id + 1), lower(email))',
      'CREATE UNIQUE INDEX kk ON people (doubled(age))',
    ]);
    expect(found.map((each) => rulesOf(each, 'NOT JUDGED'))).toEqual([
      [],
      [],
      ['duplicates-are-there'],
    ]);
  });

  it.each([
    ['the right to make temporary tables', 'REVOKE TEMP ON DATABASE %I FROM PUBLIC'],
    ['the right to read the table', 'REVOKE SELECT ON people FROM %I'],
  ])('is left out without %s', async (_, revoke) => {
    const role = `tried_${Date.now()}`;
    const reader = await connected();
    const name = new URL(database.url).pathname.slice(1);
    await database.query(
      `CREATE ROLE ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    try {
      await reader.query(`SET ROLE ${role}`);
      const sql = 'SELECT no_such FROM people';
      expect(await foretold(sql, reader)).toEqual([['no-column']]);
      await database.query(revoke.replace('%I', revoke.includes('DATABASE') ? name : role));
      expect(await said([sql], reader)).toEqual([[]]);
    } finally {
      await reader.end();
      await database.query(`GRANT TEMP ON DATABASE ${name} TO PUBLIC`);
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('is left out where triggers would see that tables are made', async () => {
    await database.query(`CREATE TABLE seen (tag text);
      CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (tg_tag); END $$;
      CREATE EVENT TRIGGER seeing ON ddl_command_end EXECUTE FUNCTION see()`);
    try {
      expect(await said(['SELECT no_such FROM people'])).toEqual([[]]);
    } finally {
      await database.query('DROP EVENT TRIGGER seeing; DROP FUNCTION see(); DROP TABLE seen');
    }
  });

  it('keeps nobody waiting, and is left out while a table is kept by somebody', async () => {
    const other = await connected();
    try {
      await client.query("SET lock_timeout = '100ms'");
      await other.query('BEGIN; LOCK TABLE people');
      const from = performance.now();
      expect(await said(['SELECT no_such FROM people; SELECT no_such FROM void'])).toHaveLength(2);
      expect(performance.now() - from).toBeLessThan(5_000);
    } finally {
      await client.query('RESET lock_timeout');
      await other.end();
    }
  });
});
