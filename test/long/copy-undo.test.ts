import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, relationsIn, sqliteFile, undoCopy } from '../support/copy.js';
import { documentOf } from '../support/migrate.js';
import { execute } from '../support/program.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const SOURCE = `
CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO parents VALUES (1, 'new one'), (5, 'new five');
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents);
INSERT INTO children VALUES (1, 1), (2, 5);
`;

/** In the order of their names children come first, and their key is not deferrable. */
const TARGET = `
CREATE TABLE parents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE children (id bigserial PRIMARY KEY, parent bigint REFERENCES parents);
`;
const FILLED = `
INSERT INTO parents (name) VALUES ('old one'), ('old two');
INSERT INTO children (parent) VALUES (2), (1), (2);
`;

async function contents(): Promise<object> {
  const read = (table: string) =>
    target.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t ORDER BY 1`);
  return {
    parents: (await read('parents')).map(({ row }) => row),
    children: (await read('children')).map(({ row }) => row),
  };
}

/** Where a copy writes its report. */
function reportFile(): { readonly path: string; readonly report: string } {
  const folder = temporaryFolder();
  return { path: sqliteFile(folder, SOURCE), report: join(folder, 'report.json') };
}

const schemas = () =>
  target.query(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^(holdfast|fresh)'`);

describe('--undo', () => {
  it('takes away what the copy has made, its schema included', async () => {
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--schema', 'fresh', '--report', report]);
    expect(await target.query('SELECT count(*)::int AS rows FROM fresh.children')).toEqual([
      { rows: 2 },
    ]);
    const { code, stdout } = await undoCopy(report, target.url);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The copy is undone.')]);
    expect(await schemas()).toEqual([]);
    const again = await undoCopy(report, target.url);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^COPY_UNDO_REFUSED$/m)]);
  });

  it('puts back what was replaced, and where the numbers went on', async () => {
    await target.query(TARGET + FILLED);
    const before = await contents();
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--replace', '--report', report]);
    expect(await contents()).toEqual({
      parents: ['(1,"new one")', '(5,"new five")'],
      children: ['(1,1)', '(2,5)'],
    });
    expect(await undoCopy(report, target.url)).toMatchObject({ code: 0 });
    expect(await contents()).toEqual(before);
    expect(await schemas()).toEqual([]);
    expect(await target.query(`INSERT INTO parents (name) VALUES ('third') RETURNING id`)).toEqual([
      { id: '3' },
    ]);
    expect(await target.query(`INSERT INTO children DEFAULT VALUES RETURNING id`)).toEqual([
      { id: '4' },
    ]);
  });

  const WRITES = [
    `UPDATE parents SET name = name WHERE id = 1`,
    `INSERT INTO children (id, parent) VALUES (9, 1)`,
    `DELETE FROM children WHERE id = 2`,
    `DELETE FROM children WHERE id = 2; INSERT INTO children VALUES (2, 5)`,
    `TRUNCATE children`,
  ];

  it.each(WRITES)('refuses after %s', async (write) => {
    await target.query(TARGET);
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--report', report]);
    await target.query(write);
    const after = await contents();
    const { code, stderr } = await undoCopy(report, target.url);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_UNDO_REFUSED$/m)]);
    expect(stderr).toContain('has been written to since');
    expect(await contents()).toEqual(after);
  });

  it('refuses while something else depends on what was made', async () => {
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--report', report]);
    await target.query('CREATE VIEW names AS SELECT name FROM parents');
    const { code, stderr } = await undoCopy(report, target.url);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_UNDO_REFUSED$/m)]);
    expect(stderr).toContain('view names depends on');
    expect(await target.query('SELECT count(*)::int AS rows FROM names')).toEqual([{ rows: 2 }]);
  });

  it.each(['{}', 'null', '{"undo":{"tables":1}}', 'no JSON'])(
    'a file with %s is wrong usage',
    async (text) => {
      const file = join(temporaryFolder(), 'report.json');
      writeFileSync(file, text);
      expect(await undoCopy(file, target.url)).toMatchObject({ code: 64 });
    },
  );
});

describe('the switch into tables that exist', () => {
  it('lets numbers go on behind what was copied', async () => {
    await target.query(TARGET);
    const path = sqliteFile(
      temporaryFolder(),
      `${SOURCE} UPDATE sqlite_sequence SET seq = 41 WHERE name = 'parents'`,
    );
    await copyReport(path, target.url);
    expect(await target.query(`INSERT INTO parents (name) VALUES ('next') RETURNING id`)).toEqual([
      { id: '42' },
    ]);
    expect(await target.query(`INSERT INTO children DEFAULT VALUES RETURNING id`)).toEqual([
      { id: '3' },
    ]);
  });

  it('finds a trigger that changes what is written', async () => {
    await target.query(
      `${TARGET} CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
       CREATE TRIGGER spoils BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION spoil();`,
    );
    const path = sqliteFile(temporaryFolder(), SOURCE);
    const { code, stderr } = await copy(path, target.url);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_MISMATCH$/m)]);
    expect(await contents()).toEqual({ parents: [], children: [] });
  });

  it('does not mix with rows that came while it was loading', async () => {
    await target.query(TARGET);
    const holder = new pg.Client({ connectionString: target.url });
    await holder.connect();
    later(() => holder.end());
    // Not seen before the commit, for which the switch has to wait.
    await holder.query(`BEGIN; INSERT INTO parents (name) VALUES ('meanwhile')`);
    const path = sqliteFile(temporaryFolder(), SOURCE);
    const copied = copy(path, target.url);
    await holder.query('SELECT pg_sleep(2)');
    await holder.query('COMMIT');
    const { code, stderr } = await copied;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_TARGET_NOT_EMPTY$/m)]);
    expect(await contents()).toEqual({ parents: ['(1,meanwhile)'], children: [] });
  });

  it('waits for a long reader only briefly at a time, and gives up with a code', async () => {
    await target.query(TARGET + FILLED);
    const reader = new pg.Client({ connectionString: target.url });
    await reader.connect();
    later(() => reader.end());
    await reader.query('BEGIN; SELECT count(*) FROM parents');
    const path = sqliteFile(temporaryFolder(), SOURCE);
    const before = await contents();
    const failed = await copy(path, target.url, ['--replace'], { MIGRATION_LOCK_TIMEOUT: '3' });
    expect([failed.code, failed.stderr]).toEqual([
      69,
      expect.stringMatching(/^COPY_LOCK_TIMEOUT$/m),
    ]);
    expect(await contents()).toEqual(before);
    await reader.query('COMMIT');
    const report = await copyReport(path, target.url, ['--replace', '--resume']);
    expect(report.resumed).toBe(true);
    expect(await contents()).toMatchObject({ children: ['(1,1)', '(2,5)'] });
  });
});

describe('a report that cannot be written', () => {
  it.each(['/nowhere/report.json', '/dev/full'])('%s: nothing is copied', async (report) => {
    const { path } = reportFile();
    const before = await relationsIn(target);
    const { code, stderr } = await copy(path, target.url, ['--schema', 'new', '--report', report]);
    expect([code, stderr]).toEqual([64, expect.stringMatching(/^USAGE$/m)]);
    expect(stderr).toContain(`the report cannot be written: ${report}`);
    expect(await relationsIn(target)).toEqual(before);
  });

  it('leaves an earlier one as it was when the copy fails', async () => {
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--report', report]);
    const before = readFileSync(report, 'utf8');
    const failed = await copy(path, target.url, ['--report', report]);
    expect(failed.stderr).toContain('COPY_TARGET_NOT_EMPTY');
    expect(readFileSync(report, 'utf8')).toBe(before);
    expect(readdirSync(dirname(report)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('cost-of-return', () => {
  const cost = async (report: string) => {
    const ended = await execute(
      'cli.js',
      ['copy', 'cost-of-return', report, '--to', target.url, '--json'],
      {},
    );
    expect(ended).toMatchObject({ code: 0 });
    return documentOf(ended);
  };

  it('counts what was written since the switch, table by table', async () => {
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--report', report]);
    expect(await cost(report)).toMatchObject({ rows_written: 0, rows_replaced: 0 });
    await target.query(
      `INSERT INTO parents (name) VALUES ('new'), ('newer');
       UPDATE parents SET name = 'changed' WHERE id = 1;
       DELETE FROM children WHERE id = 2`,
    );
    expect(await cost(report)).toMatchObject({
      rows_written: 3,
      rows_replaced: 2,
      tables: [
        { table: 'children', rows_written: 0, rows_replaced: 1 },
        { table: 'parents', rows_written: 3, rows_replaced: 1 },
      ],
    });
  });

  it('refuses a table that is another by now', async () => {
    const { path, report } = reportFile();
    await copyReport(path, target.url, ['--report', report]);
    await target.query('DROP TABLE children; CREATE TABLE children (id int)');
    const ended = await execute(
      'cli.js',
      ['copy', 'cost-of-return', report, '--to', target.url],
      {},
    );
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.stderr).toContain('COPY_UNDO_REFUSED');
  });
});
