import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, installation, jsonLines } from '../support/program.js';

const ROWS = 150_000;

interface Statement {
  readonly sql: string;
  readonly verdicts: readonly { verdict: string; rule: string; text: string; fix: string | null }[];
}

let database: TestDatabase;
let environment: Environment;
let program: ReturnType<typeof installation>;

beforeAll(async () => {
  database = await createDatabase();
  environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  program = installation();
  const up = await migrate(['up']);
  if (up.code !== 0) throw new Error(up.stderr);
  await database.query(
    `INSERT INTO proposal_records (proposal_id, portfolio_id, created_by, current_state,
       current_version_no, revision, created_at, updated_at)
     SELECT 'p' || n, 'pf', 'me', 'DRAFT', 1, 1, now(), now() FROM generate_series(1, ${ROWS}) AS n`,
  );
});

afterAll(async () => {
  program.remove();
  await database.drop();
});

const migrate = (args: readonly string[]) =>
  execute('cli.js', ['migrate', ...args], environment, { installation: program.folder });

/** Makes it the text of migration 0004 of the store `advisory`. */
function write(sql: string): void {
  const folder = join(program.folder, 'migrations', 'advisory', 'postgres');
  writeFileSync(join(folder, '0004_change_it.sql'), sql);
}

async function verdictsOf(sql: string): Promise<readonly string[]> {
  write(sql);
  const { code, stdout, stderr } = await migrate(['plan', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [document] = jsonLines(stdout) as unknown as {
    migrations: { statements: Statement[] }[];
  }[];
  const statements = document?.migrations.flatMap((each) => each.statements) ?? [];
  return statements.flatMap(({ verdicts }) =>
    verdicts.map(({ verdict, rule }) => `${verdict} ${rule}`),
  );
}

describe('holdfast migrate plan says what becomes of rows, and of running builds', () => {
  it.each([
    [
      'ALTER TABLE proposal_records ADD COLUMN a integer NOT NULL;',
      ['WILL FAIL add-not-null', 'BREAKS OLD BUILD add-not-null'],
    ],
    [
      'ALTER TABLE proposal_records DROP COLUMN title;',
      ['DESTROYS drop-column', 'BREAKS OLD BUILD drop-column', 'LOCKS long-lock'],
    ],
    ['DROP TABLE proposal_request_keys;', ['BREAKS OLD BUILD drop-table']],
    [
      'DROP TABLE proposal_records CASCADE;',
      ['DESTROYS drop-table', 'BREAKS OLD BUILD drop-table', 'LOCKS long-lock'],
    ],
    [
      "UPDATE proposal_records SET title = 'x' WHERE proposal_id = proposal_id;",
      ['DESTROYS update-all-rows', 'LOCKS long-lock'],
    ],
    ['DELETE FROM proposal_records WHERE false;', []],
    ['DROP TABLE nope;', ['WILL FAIL no-table']],
    [
      'TRUNCATE proposal_records CASCADE;',
      ['DESTROYS truncate', 'BREAKS OLD BUILD truncate', 'LOCKS long-lock'],
    ],
    [
      'TRUNCATE proposal_records;',
      ['DESTROYS truncate', 'WILL FAIL in-use', 'BREAKS OLD BUILD truncate'],
    ],
    [
      'ALTER TABLE proposal_records RENAME COLUMN title TO heading;',
      ['BREAKS OLD BUILD rename-column', 'LOCKS long-lock'],
    ],
    [
      'ALTER TABLE proposal_records RENAME TO proposals;',
      ['BREAKS OLD BUILD rename-table', 'LOCKS long-lock'],
    ],
    ['CREATE TABLE labels (id text); ALTER TABLE labels ADD COLUMN a integer NOT NULL;', []],
  ])('%s', async (sql, expected) => {
    expect(await verdictsOf(sql)).toEqual(expected);
  });

  it('in words, with how to do it safely, for 80 columns', async () => {
    write('ALTER TABLE proposal_records ADD COLUMN a integer NOT NULL;');
    const { code, stdout } = await migrate(['plan']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('Quickly done');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout.replaceAll(/\n-- +/g, ' ')).toContain(
      'WILL FAIL: proposal_records holds rows, and they have no value for a, which is NOT NULL without a default. Advice: Add it nullable',
    );
  });

  it('exits with 1 where --fail-on lists what it finds', async () => {
    write('ALTER TABLE proposal_records RENAME COLUMN title TO heading;');
    expect(await migrate(['plan', '--fail-on', 'destroys,will-fail'])).toMatchObject({ code: 0 });
    const found = await migrate(['plan', '--fail-on', 'destroys,breaks-old-build']);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    expect(found.stdout).toContain('BREAKS OLD BUILD');
    const wrong = await migrate(['plan', '--fail-on', 'everything']);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('--fail-on everything is none of destroys, will-fail');
  });
});

describe('a migration that one dialect alone has', () => {
  let own: ReturnType<typeof installation>;
  const place = (file: string) => join(own.folder, 'migrations', 'advisory', file);
  const run = (args: readonly string[]) =>
    execute(
      'cli.js',
      ['migrate', ...args, '--store', 'advisory'],
      { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: join(own.folder, 'file.sqlite') },
      { installation: own.folder },
    );

  beforeAll(() => {
    own = installation();
    writeFileSync(place('postgres/0004_add_more.sql'), 'CREATE TABLE more (id integer);\n');
  });

  afterAll(() => {
    own.remove();
  });

  it('is told by lint, in each of the files', async () => {
    const { code, stdout } = await run(['lint', '--fail-on', 'will-fail']);
    expect(code).toBe(1);
    expect(stdout).toContain('advisory/postgres/0004_add_more.sql\n  line 1:\n');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'WILL FAIL: There is no sqlite/0004_add_more.sql for SQLite. This file is applied to PostgreSQL all the same, and none of the migrations fails by it: on SQLite the change is not made, and what fails there is the build that needs it, when it runs.',
    );
    expect(stdout).not.toContain('0003');
    expect(await run(['lint'])).toMatchObject({ code: 0 });
  });

  it('is told by status, in a line', async () => {
    const { code, stdout } = await run(['status']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      '\nwarning: advisory/postgres/0004_add_more.sql: There is no sqlite/0004_add_more.sql for SQLite\n',
    );
    expect(await run(['status', '--json'])).toMatchObject({ code: 0 });
  });

  it('is told of two names under one number, and not once they are the same', async () => {
    writeFileSync(place('sqlite/0004_add_other.sql'), 'CREATE TABLE more (id integer);\n');
    const { stdout } = await run(['status']);
    expect(stdout).toContain('for SQLite: of its number there is 0004_add_other\n');
    expect(stdout).toContain('for PostgreSQL: of its number there is 0004_add_more\n');
    renameSync(place('sqlite/0004_add_other.sql'), place('sqlite/0004_add_more.sql'));
    expect((await run(['status'])).stdout).not.toContain('warning');
    expect(await run(['lint', '--fail-on', 'will-fail'])).toMatchObject({ code: 0 });
  });

  it('is no fault of a store that has one dialect', async () => {
    rmSync(place('postgres'), { recursive: true });
    expect((await run(['status'])).stdout).not.toContain('warning');
    expect((await run(['lint'])).stdout).not.toContain('There is no');
  });
});

describe('holdfast migrate lint', () => {
  // What is written is written for PostgreSQL alone.
  beforeAll(() => {
    rmSync(join(program.folder, 'migrations', 'advisory', 'sqlite'), { recursive: true });
  });

  const lint = (args: readonly string[]) =>
    execute('cli.js', ['migrate', 'lint', ...args], {}, { installation: program.folder });

  it('judges the files alone: no configuration, no database', async () => {
    write(`-- holdfast: backward-compatible
CREATE TABLE fresh (id text);
ALTER TABLE fresh ADD COLUMN a integer NOT NULL;
ALTER TABLE proposal_records ADD COLUMN a integer NOT NULL;
ALTER TABLE proposal_records DROP COLUMN title;
ALTER TABLE proposal_records DROP COLUMN heading;
CREATE INDEX proposals_by_state ON proposal_records (current_state);`);
    const { code, stdout, stderr } = await lint(['--store', 'advisory', '--from', '0004']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^advisory\/postgres\/0004_change_it\.sql\n {2}line 4: ALTER TABLE/);
    expect(stdout).toContain('    WILL FAIL: proposal_records has no column heading.\n');
    expect(stdout).toContain(
      '6 statements in 1 file: 1 DESTROYS, 2 WILL FAIL, 2 BREAKS OLD BUILD, 1 LOCKS.\n',
    );
  });

  it('as a document, with lines and counts; --fail-on makes it exit with 1', async () => {
    write('\nDROP TABLE proposal_approvals;');
    const { code, stdout } = await lint(['--json', '--fail-on', 'destroys', '--from', '0004']);
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([
      {
        migrations: [
          {
            store: 'advisory',
            dialect: 'postgres',
            migration: '0004_change_it',
            statements: [
              {
                number: 1,
                line: 2,
                sql: 'DROP TABLE proposal_approvals',
                verdicts: [
                  { verdict: 'DESTROYS', rule: 'drop-table', fix: expect.any(String) },
                  { verdict: 'BREAKS OLD BUILD', rule: 'drop-table' },
                ],
              },
            ],
          },
        ],
        counts: { DESTROYS: 1, 'BREAKS OLD BUILD': 1 },
      },
    ]);
    expect(await lint(['--fail-on', 'will-fail'])).toMatchObject({ code: 0 });
    expect(await lint(['--fail-on', 'nonsense'])).toMatchObject({ code: 64, stdout: '' });
    expect(await lint(['--store', 'nonsense'])).toMatchObject({ code: 64, stdout: '' });
  });

  it.each([
    ['SELEC 1;', 'syntax error at or near "SELEC"'],
    ['SELECT 1; VACUUM;', 'VACUUM cannot run in a transaction'],
    ['SELECT 1; COMMIT;', 'COMMIT: a migration is one transaction already'],
  ])('of what cannot be run as it stands, %s, it says so', async (sql, message) => {
    write(sql);
    const { code, stdout } = await lint(['--fail-on', 'will-fail']);
    expect(code).toBe(1);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`line 1: WILL FAIL: ${message}`);
  });
});
