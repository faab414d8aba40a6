import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  isAtLeast,
  LOCK_MODES,
  type LockMode,
  strongest,
} from '../../src/postgres/locks/lock-modes.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { locksOf } from '../../src/postgres/locks/table-locks.js';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { eventually } from '../../../../test/support/eventually.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { LOCKED_SCHEMA } from '../postgres/locked-schema.js';
import { LOCKING_STATEMENTS } from '../postgres/locking-statements.js';

/** What is held against a table, or was seen to be done to it. */
interface Seen {
  readonly mode: LockMode;
  readonly rewrites: boolean;
  readonly scans: boolean;
}

type Observation = Readonly<Record<string, Seen>>;

interface TableState {
  readonly oid: number;
  readonly table: string;
  readonly filenode: string | null;
  readonly scans: number;
  readonly parent: string | null;
}

const TABLES = `
SELECT oid, oid::regclass::text AS table, pg_relation_filenode(oid)::text AS filenode,
       pg_stat_get_xact_numscans(oid)::int AS scans,
       (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = oid) AS parent
  FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'v')
   AND relnamespace IN ('public'::regnamespace, 'audit'::regnamespace)`;

let database: TestDatabase;
let client: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(LOCKED_SCHEMA);
  client = new pg.Client({ connectionString: database.url });
  observer = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), observer.connect()]);
});

afterAll(async () => {
  await Promise.all([client.end(), observer.end()]);
  await database.drop();
});

const states = async () => (await client.query<TableState>(TABLES)).rows;

/** The tables that the backend has locked or waits for, by the server's own account. */
async function lockedBy(pid: number, asking: pg.Client): Promise<Map<number, LockMode>> {
  const { rows } = await asking.query<{ relation: number; modes: string[] }>(
    `SELECT relation, array_agg(mode) AS modes FROM pg_locks
      WHERE pid = $1 AND locktype = 'relation' AND relation IS NOT NULL GROUP BY relation`,
    [pid],
  );
  return new Map(
    rows.map(({ relation, modes }) => {
      const held = LOCK_MODES.findLast((mode) => modes.includes(nameInPgLocks(mode)));
      if (!held) throw new Error(`no known mode among ${modes.join(', ')}`);
      return [relation, held];
    }),
  );
}

/** `ACCESS SHARE` is `AccessShareLock` there. */
function nameInPgLocks(mode: LockMode): string {
  const words = mode.split(' ').map((word) => word.slice(0, 1) + word.slice(1).toLowerCase());
  return `${words.join('')}Lock`;
}

async function pidOf(of: pg.Client): Promise<number> {
  const { rows } = await of.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** Runs the statements, sees what they have done to the tables that were there, and undoes it. */
async function observed(sql: string): Promise<Observation> {
  await client.query('BEGIN');
  try {
    const before = await states();
    await client.query(sql);
    const locks = await lockedBy(await pidOf(client), client);
    const after = await states();
    return Object.fromEntries(
      before.flatMap(({ oid, table, filenode, scans }) => {
        const mode = locks.get(oid);
        const now = after.find((one) => one.oid === oid);
        const rewrites = now !== undefined && now.filenode !== filenode;
        const seen = { mode, rewrites, scans: !rewrites && (now?.scans ?? 0) > scans };
        return mode ? [[table, seen]] : [];
      }),
    ) as Observation;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function foretold(sql: string) {
  const statements = await statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
  const sizes = await tableSizes((text, values) => client.query(text, values), statements);
  return locksOf(statements, sizes);
}

/** The rules' word, by table, of all statements together. */
async function rulesOf(sql: string) {
  const all = await foretold(sql);
  const known = await states();
  const tables = new Set(known.map(({ table }) => table));
  const rules: Record<string, Seen> = {};
  for (const { table, mode, rewrites, scans } of all.flatMap(({ locks }) => locks)) {
    const earlier = rules[table];
    if (!tables.has(table)) continue;
    rules[table] = {
      mode: strongest(earlier ? [earlier.mode, mode] : [mode]),
      rewrites: rewrites || (earlier?.rewrites ?? false),
      scans: scans || (earlier?.scans ?? false),
    };
  }
  return {
    rules: rules as Observation,
    isAll: all.every(({ unknown }) => unknown === undefined),
    parents: new Map(known.map(({ table, parent }) => [table, parent])),
  };
}

/** Queries and changes of rows read as their plans have it, which is not for the rules to say. */
function withoutPlans(seen: Observation): Observation {
  return Object.fromEntries(
    Object.entries(seen).map(([table, one]) => [
      table,
      isAtLeast(one.mode, 'SHARE UPDATE EXCLUSIVE') ? one : { ...one, scans: false },
    ]),
  );
}

describe('the rules say what PostgreSQL locks, rewrites and scans for', () => {
  it.each(LOCKING_STATEMENTS)('%s', async (sql) => {
    const { rules, isAll, parents } = await rulesOf(sql);
    const server = Object.entries(await observed(sql)).flatMap(([table, seen]) => {
      // Partitions and heirs are counted with the table that is named.
      const parent = parents.get(table) ?? '';
      if (!rules[table] && rules[parent]) return [];
      const wasOnlyEmptied = sql.startsWith('TRUNCATE');
      const heirs = [...parents].some(([, of]) => of === table);
      const scans = heirs ? (rules[table]?.scans ?? false) : seen.scans;
      return [[table, { ...seen, scans, rewrites: seen.rewrites && !wasOnlyEmptied }] as const];
    });
    const expected = withoutPlans(Object.fromEntries(server));
    // Where the rules say that there is more, that is all that they may leave out.
    if (isAll) expect(withoutPlans(rules)).toEqual(expected);
    else expect(expected).toMatchObject(withoutPlans(rules));
  });
});

describe('the rules say what PostgreSQL locks without a transaction for', () => {
  it.each([
    ['CREATE INDEX CONCURRENTLY fresh ON orders (note)', 'orders'],
    ['DROP INDEX CONCURRENTLY orders_by_quantity', 'orders'],
    ['REINDEX INDEX CONCURRENTLY orders_by_quantity', 'orders'],
    ['REINDEX (CONCURRENTLY) TABLE orders', 'orders'],
    ['VACUUM orders', 'orders'],
    ['VACUUM (FULL) orders', 'orders'],
    ['VACUUM (FULL false, ANALYZE) orders', 'orders'],
    ['VACUUM FULL orders', 'orders'],
    ['ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY', 'events'],
  ])('%s', async (sql, table) => {
    const { rules } = await rulesOf(sql);
    const { rows } = await client.query<{ oid: number }>('SELECT $1::regclass::oid AS oid', [
      table,
    ]);
    const pid = await pidOf(client);
    await observer.query('BEGIN');
    await observer.query(`LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`);
    const running = client.query(sql).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code,
    );
    try {
      await eventually(async () => {
        const locks = await lockedBy(pid, observer);
        expect(locks.get(rows[0]?.oid ?? 0)).toBe(rules[table]?.mode);
      });
    } finally {
      await observer.query('SELECT pg_cancel_backend($1)', [pid]);
      await observer.query('ROLLBACK');
    }
    expect(await running).toBe('57014');
  });
});

describe('the rules say that they cannot know', () => {
  it.each([
    ['DO $$ BEGIN PERFORM 1; END $$', 'DO block'],
    ['SELECT changing()', 'changing()'],
    ['SELECT not_made_yet()', 'not_made_yet()'],
    ['DROP SCHEMA audit CASCADE', 'CASCADE'],
    ['VACUUM', 'all tables'],
    ['REINDEX DATABASE', 'all tables'],
    ['ALTER DOMAIN plain ADD CHECK (VALUE > 1)', 'every table that uses the domain'],
  ])('%s', async (sql, words) => {
    const [first] = await foretold(sql);
    expect(first?.unknown).toContain(words);
  });

  it.each(['SELECT now(), random()', 'INSERT INTO loose SELECT length(name) FROM owners'])(
    'but know %s',
    async (sql) => {
      expect((await foretold(sql)).map(({ unknown }) => unknown)).toEqual([undefined]);
    },
  );
});
