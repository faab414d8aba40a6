import { basename } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { PRESETS } from '@holdfast/copy/presets/presets';
import type { Inspection } from '@holdfast/copy/inspect';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, sampleDatabases, sqliteFile } from '../support/copy.js';
import { documentOf } from '../support/migrate.js';
import { PRESET_DATABASES } from '../support/preset-databases.js';
import { execute } from '../support/program.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), sql);
const inspect = (path: string, args: readonly string[] = []) =>
  execute('cli.js', ['copy', 'inspect', path, ...args], {});

/** The words behind the file's name in the last command that an inspection gives. */
function argumentsIn({ steps }: Inspection): readonly string[] {
  const [line = ''] = steps.filter((step) => step.startsWith('Do it: '));
  const words = line.split(' ');
  return words.slice(words.indexOf('dsn') + 1, words.indexOf('--report'));
}

/** As PostgreSQL writes a row of texts. */
async function lineOf(row: readonly (string | null)[]): Promise<string | undefined> {
  const values = row.map((_, at) => `$1::jsonb ->> ${at}`).join(', ');
  const given = row.map((value) =>
    value === 'true' || value === 'false' ? value.charAt(0) : value,
  );
  const [found] = await target.query<{ line: string }>(`SELECT ROW (${values})::text AS line`, [
    JSON.stringify(given),
  ]);
  return found?.line;
}

it('there is a database for every preset', () => {
  expect(Object.keys(PRESET_DATABASES).toSorted()).toEqual(
    PRESETS.map(({ name }) => name).toSorted(),
  );
});

describe.each(Object.entries(PRESET_DATABASES))('%s', (name, { sqlite, postgres, ask, answer }) => {
  it('is recognized, and copied by the command that is given, into the schema that the program makes', async () => {
    const path = source(sqlite);
    const inspection = documentOf(await inspect(path, ['--json'])) as Inspection;
    expect(inspection.program?.name).toBe(name);
    if (postgres !== '') await target.query(postgres);
    const args = argumentsIn(inspection);
    expect(args.slice(0, 2)).toEqual(['--preset', name]);
    const { rejects, tables } = await copyReport(path, target.url, args);
    expect(rejects).toEqual([]);
    expect(tables.every(({ created }) => created === (postgres === ''))).toBe(true);
    const found = await target.query<{ line: string }>(
      `SELECT found::text AS line FROM (${ask}) AS found`,
    );
    const expected = await Promise.all(answer.map(lineOf));
    expect(found.map(({ line }) => line)).toEqual(expected);
  });

  if (postgres !== '')
    it('is not taken without its preset', async () => {
      const path = source(sqlite);
      await target.query(postgres);
      const { code } = await copy(path, target.url, ['--data-only']);
      expect(code).toBe(1);
    });
});

describe('copy inspect', () => {
  it.each(sampleDatabases().map((path) => [basename(path), path]))('%s', async (name, path) => {
    const { code, stdout } = await inspect(path);
    expect(code).toBe(0);
    expect(stdout).toContain(
      name === 'uptime-kuma.db' ? 'Made by Uptime Kuma' : 'No program is recognized',
    );
    expect(stdout).toMatch(/\n {2}\w+ +\d+ rows +\d+ columns {2}\S/);
    expect(stdout).toContain('--dry-run\n');
  });

  it('quotes the name of the file, and tells what is not copied', async () => {
    const path = sqliteFile(
      temporaryFolder(),
      `CREATE TABLE t (a VARCHAR(3), b VARCHAR(3), c); CREATE VIEW v AS SELECT 1`,
      "it's a.db",
    );
    const { stdout } = await inspect(path);
    expect(stdout).toContain(`it'\\''s a.db' --to-file dsn`);
    expect(stdout).toContain('3 columns  2 VARCHAR(3), none\n');
    expect(stdout).toContain('not copied: view v');
  });

  it('a file that is none ends with its reason', async () => {
    const { code, stderr } = await inspect('/nowhere/app.db');
    expect([code, stderr]).toEqual([69, expect.stringMatching(/^COPY_SOURCE_UNREADABLE$/m)]);
  });
});

it('a preset that is none names those that are; a rule of the user goes before those of a preset', async () => {
  const path = source(PRESET_DATABASES['uptime-kuma']?.sqlite ?? '');
  const unknown = await copy(path, target.url, ['--preset', 'joomla']);
  expect([unknown.code, unknown.stderr]).toEqual([
    64,
    expect.stringContaining('there are django, ef-core, ghost'),
  ]);
  await copyReport(path, target.url, ['--preset', 'uptime-kuma', '--map', 'type:BOOLEAN=smallint']);
  expect(await target.query('SELECT pg_typeof(active)::text AS type FROM monitor')).toEqual([
    { type: 'smallint' },
  ]);
});
