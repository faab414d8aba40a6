import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, installation, jsonLines } from '../support/program.js';

const LARGE = 150_000;

/** A migration 0004 with everything that a plan has something to say about. */
const SQL = `-- Holds everything up; \u00e9
ALTER TABLE proposal_records ADD COLUMN score double precision DEFAULT random();
/* twice */ CREATE INDEX proposals_by_title ON proposal_records (title); UPDATE proposal_records SET title = 'x';
ALTER TABLE proposal_records ADD COLUMN remark text;
ALTER TABLE proposal_approvals ADD COLUMN remark text;
CREATE TABLE proposal_labels (label text);
CREATE INDEX labels ON proposal_labels (label);
DO $$ BEGIN PERFORM 1; END $$;
COMMENT ON TABLE proposal_records IS 'a;b';
`;

interface Planned {
  readonly migration: string;
  readonly sql: string;
  readonly statements: readonly {
    readonly number: number;
    readonly sql: string;
    readonly locks: readonly { table: string; mode: string; blocks: string; rows: number }[];
    readonly rewrites: boolean;
    readonly scans: boolean;
    readonly unknown: string | null;
    readonly warning: string | null;
  }[];
}

let database: TestDatabase;
let environment: Environment;
let program: ReturnType<typeof installation>;
const place = (name: string) => join(program.folder, 'migrations', 'advisory', 'postgres', name);

beforeAll(async () => {
  database = await createDatabase();
  environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  program = installation();
  const up = await migrate(['up']);
  if (up.code !== 0) throw new Error(up.stderr);
  await database.query(
    `INSERT INTO proposal_records (proposal_id, portfolio_id, created_by, current_state,
       current_version_no, revision, created_at, updated_at)
     SELECT 'p' || n, 'pf', 'me', 'DRAFT', 1, 1, now(), now() FROM generate_series(1, ${LARGE}) AS n`,
  );
  writeFileSync(place('0004_hold_up.sql'), SQL);
});

afterAll(async () => {
  program.remove();
  await database.drop();
});

const migrate = (args: readonly string[]) =>
  execute('cli.js', ['migrate', ...args], environment, { installation: program.folder });

async function planned(): Promise<Planned> {
  const { code, stdout, stderr } = await migrate(['plan', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [document] = jsonLines(stdout) as unknown as { migrations: Planned[] }[];
  const [migration, ...others] = document?.migrations ?? [];
  if (!migration || others.length > 0) throw new Error(`not one migration: ${stdout}`);
  return migration;
}

/** What autovacuum changes whenever it likes. */
const VACUUMED = `'{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[]`;

/** All that the catalogues hold about the tables, and how the server is set. */
const fingerprint = () =>
  database.query(`
    SELECT (SELECT json_agg(to_jsonb(c) - ${VACUUMED} ORDER BY c.oid) FROM pg_class c)::text AS classes,
           (SELECT json_agg(a ORDER BY a.attrelid, a.attnum) FROM pg_attribute a)::text AS columns,
           (SELECT json_agg(l ORDER BY l.store, l.version) FROM holdfast_migrations l)::text AS ledger`);

describe('holdfast migrate plan on PostgreSQL', () => {
  it('says of each statement what it locks, and how large that is', async () => {
    const { migration, sql, statements } = await planned();
    expect({ migration, sql }).toEqual({ migration: '0004_hold_up', sql: SQL });
    expect(statements.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(
      statements.map(({ locks, rewrites, scans, unknown, warning }) =>
        [
          ...locks.map(({ table, mode, blocks }) => `${table} ${mode}: ${blocks}`),
          rewrites && 'rewrites',
          scans && 'scans',
          unknown,
          warning !== null && 'warning',
        ].filter((part) => typeof part === 'string'),
      ),
    ).toEqual([
      ['proposal_records ACCESS EXCLUSIVE: reads and writes', 'rewrites', 'warning'],
      ['proposal_records SHARE: writes', 'scans', 'warning'],
      ['proposal_records ROW EXCLUSIVE: other DDL', 'scans', 'warning'],
      ['proposal_records ACCESS EXCLUSIVE: reads and writes', 'warning'],
      ['proposal_approvals ACCESS EXCLUSIVE: reads and writes'],
      [],
      [],
      ['what a DO block locks is not known'],
      ['proposal_records SHARE UPDATE EXCLUSIVE: other DDL'],
    ]);
    const [lock] = statements[0]?.locks ?? [];
    expect(lock).toMatchObject({ bytes: expect.any(Number) });
    // An estimate; before and after ANALYZE it must not be far off.
    expect(lock?.rows).toBeGreaterThan(LARGE / 2);
    expect(lock?.rows).toBeLessThan(LARGE * 2);
    expect(statements[0]?.warning).toContain('in batches');
    expect(statements[1]?.warning).toContain('CONCURRENTLY');
    expect(statements[2]?.warning).toContain('batches');

    await database.query('ANALYZE proposal_records');
    expect((await planned()).statements[0]?.locks).toMatchObject([{ rows: LARGE }]);
  });

  it('prints SQL that runs as it is, and does what the migration does', async () => {
    const { code, stdout, stderr } = await migrate(['plan']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(stdout.replaceAll(/\n-- {2,}/g, ' ')).toMatch(
      /^-- statement 1: locks proposal_records \(ACCESS EXCLUSIVE: blocks reads and writes\), ~\d{3},\d{3} rows, \d+ MB; rewrites the table$/m,
    );
    const heads = lines.filter((line) => /^-- (statement \d+:|[A-Z ]+:)/.test(line));
    expect(heads.map((line) => /^-- (statement|[A-Z ]+)/.exec(line)?.[1])).toEqual([
      ...['statement', 'REWRITES'],
      ...['statement', 'LOCKS'],
      ...['statement', 'DESTROYS', 'LOCKS'],
      ...['statement', 'LOCKS'],
      ...['statement', 'statement', 'statement'],
      ...['statement', 'NOT JUDGED'],
      'statement',
    ]);
    expect(lines.filter((line) => line.startsWith('-- ') && line.length > 80)).toEqual([]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(stdout);
      const { rows } = await client.query(
        `SELECT to_regclass('proposals_by_title')::text AS index, to_regclass('labels')::text AS labels,
                obj_description('proposal_records'::regclass) AS comment`,
      );
      expect(rows).toEqual([{ index: 'proposals_by_title', labels: 'labels', comment: 'a;b' }]);
    } finally {
      await client.query('ROLLBACK');
      await client.end();
    }
  });

  it('changes nothing', async () => {
    const before = await fingerprint();
    expect(await migrate(['plan'])).toMatchObject({ code: 0 });
    expect(await migrate(['plan', '--json'])).toMatchObject({ code: 0 });
    expect(await fingerprint()).toEqual(before);
  });

  it('does not need a table that somebody keeps to himself', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE proposal_records');
      const url = { ...environment, DB_LOCK_TIMEOUT_MS: '100' };
      const options = { installation: program.folder };
      const plan = await execute('cli.js', ['migrate', 'plan', '--json'], url, options);
      expect(plan).toMatchObject({ code: 0, stderr: '' });
      expect(plan.stdout).toContain('"table":"proposal_records"');
    } finally {
      await client.end();
    }
  });

  it('up with nothing to do, and status, do not load the parser', async () => {
    const hook = join(program.folder, 'refuse-parser.cjs');
    writeFileSync(
      hook,
      `const { Module } = require('node:module');
       const load = Module._load;
       Module._load = function (request, ...rest) {
         if (request === 'libpg-query') throw new Error('the parser is loaded');
         return load.call(this, request, ...rest);
       };`,
    );
    const options = { installation: program.folder };
    const refusing = { ...environment, NODE_OPTIONS: `--require ${hook}` };
    const run = (args: readonly string[]) =>
      execute('cli.js', ['migrate', ...args], refusing, options);
    expect(await run(['up', '--store', 'dpm'])).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['status'])).toMatchObject({ code: 0, stderr: '' });
    expect((await run(['plan'])).stderr).toContain('the parser is loaded');
  });

  it.each([
    ['SELEC 2;', 'line 10: syntax error at or near "SELEC"'],
    ['COMMIT;', 'line 10: COMMIT: a migration is one transaction already'],
    ['VACUUM;', 'line 10: VACUUM cannot run in a transaction'],
  ])('a migration that ends with %s is refused with 1', async (sql, message) => {
    appendFileSync(place('0004_hold_up.sql'), sql);
    try {
      const { code, stdout, stderr } = await migrate(['plan']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^MIGRATION_INVALID:advisory:0004$/m);
      expect(stderr).toContain(`advisory/postgres/0004_hold_up.sql, ${message}`);
    } finally {
      writeFileSync(place('0004_hold_up.sql'), SQL);
    }
  });
});
