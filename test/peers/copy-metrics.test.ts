import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, sqliteFile } from '../support/copy.js';

const { later, temporaryFolder } = cleanup();
let target: TestDatabase;
beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

/** Series with their values. */
function seriesIn(file: string): Readonly<Record<string, number>> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('holdfast copy --metrics-file', () => {
  it('says how many rows of each table are there, and that it is done, as promtool takes it', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'copy.prom');
    const path = sqliteFile(
      folder,
      `CREATE TABLE "od""d\\name" (id INTEGER PRIMARY KEY);
       INSERT INTO "od""d\\name" VALUES (1), (2);
       CREATE TABLE plain (id INTEGER PRIMARY KEY, x TEXT);
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
       INSERT INTO plain SELECT i, 'text' FROM n;`,
    );
    await copyReport(path, target.url, ['--metrics-file', file]);
    expect(seriesIn(file)).toMatchObject({
      'holdfast_copy_outcome{outcome="done"}': 1,
      'holdfast_copy_outcome{outcome="running"}': 0,
      'holdfast_copy_outcome{outcome="failed"}': 0,
      'holdfast_copy_rows{table="plain"}': 5000,
      'holdfast_copy_expected_rows{table="plain"}': 5000,
      'holdfast_copy_rows{table="od\\"d\\\\name"}': 2,
    });
    expect(seriesIn(file)['holdfast_copy_bytes{table="plain"}']).toBeGreaterThan(5000);
    const judged = spawnSync('promtool', ['check', 'metrics'], {
      input: readFileSync(file),
      encoding: 'utf8',
    });
    expect(judged).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('says that it has failed', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'copy.prom');
    const path = sqliteFile(folder, 'CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)');
    await target.query('CREATE TABLE t (x bigint CHECK (x > 1))');
    const { code } = await copy(path, target.url, ['--metrics-file', file]);
    expect(code).toBe(1);
    expect(seriesIn(file)).toMatchObject({
      'holdfast_copy_outcome{outcome="failed"}': 1,
      'holdfast_copy_outcome{outcome="running"}': 0,
    });
  });

  it('is refused before anything is copied where nothing can be written', async () => {
    const path = sqliteFile(temporaryFolder(), 'CREATE TABLE t (x INTEGER)');
    const { code, stderr } = await copy(path, target.url, ['--metrics-file', '/nowhere/copy.prom']);
    expect({ code, stderr }).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('the metrics cannot be written: /nowhere/copy.prom'),
    });
    expect(await target.query("SELECT * FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
  });
});
