import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readMigrations } from '@holdfast/migrate/migration';
import { renumberMigration, writeNewMigration } from '@holdfast/migrate/migration-files';
import { ReasonError } from '@holdfast/core/reasons';
import { cleanup } from '../../../test/support/cleanup.js';

const { temporaryFolder } = cleanup();
const PLAIN = { name: 'add_notes', transactional: true, backwardCompatible: false };

function folderOf(files: Readonly<Record<string, readonly string[]>>): string {
  const folder = temporaryFolder();
  for (const [dialect, names] of Object.entries(files)) {
    const place = join(folder, 'trial', dialect);
    mkdirSync(place, { recursive: true });
    for (const name of names) writeFileSync(join(place, `${name}.sql`), `SELECT '${name}';`);
  }
  return folder;
}

const both = (...names: readonly string[]) => folderOf({ postgres: names, sqlite: names });
const filesIn = (folder: string, dialect: string) =>
  readdirSync(join(folder, 'trial', dialect)).sort();

/** What a refusal says, with its code. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ReasonError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a new migration', () => {
  it('has the next number, a file for each dialect, and what it was asked for', () => {
    const folder = both('0001_make_one', '0002_add_two');
    const files = writeNewMigration(folder, 'trial', {
      name: 'add_notes',
      transactional: false,
      backwardCompatible: true,
    });
    expect(files).toEqual(
      ['postgres', 'sqlite'].map((dialect) => join(folder, 'trial', dialect, '0003_add_notes.sql')),
    );
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([
      '-- holdfast: no-transaction\n-- holdfast: backward-compatible\n-- For PostgreSQL. The same change for SQLite: ../sqlite/0003_add_notes.sql\n',
      '-- holdfast: no-transaction\n-- holdfast: backward-compatible\n-- For SQLite. The same change for PostgreSQL: ../postgres/0003_add_notes.sql\n',
    ]);
    for (const dialect of ['postgres', 'sqlite'] as const) {
      expect(readMigrations(folder, 'trial', dialect).at(-1)).toMatchObject({
        version: '0003',
        transactional: false,
        backwardCompatible: true,
      });
    }
  });

  it('has the first number in a store that has none, and one file where there is one dialect', () => {
    const folder = folderOf({ postgres: [] });
    expect(writeNewMigration(folder, 'trial', PLAIN)).toEqual([
      join(folder, 'trial/postgres/0001_add_notes.sql'),
    ]);
  });

  it('has the same number in both dialects, though one of them has more files', () => {
    const folder = folderOf({
      postgres: ['0001_make_one', '0002_add_two'],
      sqlite: ['0001_make_one'],
    });
    writeNewMigration(folder, 'trial', PLAIN);
    expect(filesIn(folder, 'sqlite')).toEqual(['0001_make_one.sql', '0003_add_notes.sql']);
  });

  it.each([
    'notes',
    'Add_notes',
    'add notes',
    'add-notes',
    '../add_notes',
    'add_notes.sql',
    '0003_',
    '',
  ])('is not named %j', (name) => {
    const folder = both('0001_make_one');
    expect(refusal(() => writeNewMigration(folder, 'trial', { ...PLAIN, name }))).toContain(
      'USAGE: ',
    );
    expect(filesIn(folder, 'postgres')).toEqual(['0001_make_one.sql']);
  });

  it('is of a store that has migrations', () => {
    expect(refusal(() => writeNewMigration(both(), 'other', PLAIN))).toContain(
      'holds no migrations',
    );
  });
});

describe('two migrations of one number', () => {
  const doubled = () => both('0001_make_one', '0002_add_mine', '0002_add_theirs', '0003_add_three');

  it('are named, with the command that mends it', () => {
    expect(refusal(() => readMigrations(doubled(), 'trial', 'postgres'))).toBe(
      'MIGRATION_OUT_OF_ORDER:trial:0002: trial/postgres/0002_add_theirs.sql has the number of 0002_add_mine: holdfast migrate renumber 0002_add_theirs --store trial gives it the next one',
    );
  });

  it('are two numbers after one of them was moved behind the last, with its text', () => {
    const folder = doubled();
    const moved = renumberMigration(folder, 'trial', '0002_add_mine');
    expect(moved).toEqual(
      ['postgres', 'sqlite'].map((dialect) => ({
        from: join(folder, 'trial', dialect, '0002_add_mine.sql'),
        to: join(folder, 'trial', dialect, '0004_add_mine.sql'),
      })),
    );
    for (const dialect of ['postgres', 'sqlite'] as const) {
      const read = readMigrations(folder, 'trial', dialect);
      expect(read.map(({ version, sql }) => [version, sql])).toEqual([
        ['0001', "SELECT '0001_make_one';"],
        ['0002', "SELECT '0002_add_theirs';"],
        ['0003', "SELECT '0003_add_three';"],
        ['0004', "SELECT '0002_add_mine';"],
      ]);
    }
  });

  it('are found where each branch has forgotten the other dialect', () => {
    const folder = folderOf({
      postgres: ['0001_add_mine', '0001_add_theirs'],
      sqlite: ['0001_add_theirs'],
    });
    renumberMigration(folder, 'trial', '0001_add_mine');
    expect([filesIn(folder, 'postgres'), filesIn(folder, 'sqlite')]).toEqual([
      ['0001_add_theirs.sql', '0002_add_mine.sql'],
      ['0001_add_theirs.sql'],
    ]);
  });

  it.each(['0001_make_one', '0003_add_three', '0002_add', '0002', 'add_mine', '../0002_add_mine'])(
    'are not %j, which stays',
    (id) => {
      const folder = doubled();
      expect(refusal(() => renumberMigration(folder, 'trial', id))).toContain(
        'of the same number are 0002_add_mine, 0002_add_theirs',
      );
      expect(filesIn(folder, 'postgres')).toHaveLength(4);
    },
  );
});
