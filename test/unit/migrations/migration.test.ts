import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { LedgerEntry } from '@holdfast/postgres/sessions/session';
import { type Migration, readMigrations } from '@holdfast/migrate/migration';
import { withMigrations, refuseUnsafe } from '@holdfast/migrate/migrator';
import { migrationsFolder } from '../../../src/release.js';
import { compareMigrations, type MigrationState, worstState } from '@holdfast/migrate/status';
import { ReasonError } from '@holdfast/core/reasons';
import { registeredStores } from '../../../src/stores/registry.js';
import { cleanup } from '../../support/cleanup.js';

const { temporaryFolder } = cleanup();

function folderWith(files: Readonly<Record<string, string>>, dialect = 'postgres'): string {
  const folder = temporaryFolder();
  const place = join(folder, 'trial', dialect);
  mkdirSync(place, { recursive: true });
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(place, name), sql);
  return folder;
}

const read = (files: Readonly<Record<string, string>>) =>
  readMigrations(folderWith(files), 'trial', 'postgres');

function readOne(sql: string): Migration {
  const [migration] = read({ '0001_make_one.sql': sql });
  if (!migration) throw new Error('nothing was read');
  return migration;
}

/** The code of the reason that is thrown. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ReasonError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the migrations of a store', () => {
  it('are read in the order of their numbers', () => {
    const files = {
      '0002_add_two.sql': 'SELECT 2;\n',
      '0001_make_one.sql': 'SELECT 1;\n',
      '0003_drop_three_and_four.sql': 'SELECT 3;\n',
      'README.md': 'Not a migration.',
    };
    expect(read(files)).toEqual(
      [
        ['0001', 'make_one', 'SELECT 1;\n'],
        ['0002', 'add_two', 'SELECT 2;\n'],
        ['0003', 'drop_three_and_four', 'SELECT 3;\n'],
      ].map(([version, name, sql = '']) => ({
        store: 'trial',
        version,
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
        transactional: true,
        backwardCompatible: false,
      })),
    );
  });

  it('are none without a folder, and of the dialect that is asked for', () => {
    expect(readMigrations(temporaryFolder(), 'trial', 'postgres')).toEqual([]);
    const folder = folderWith({ '0001_make_one.sql': 'SELECT 1;' }, 'sqlite');
    expect(readMigrations(folder, 'trial', 'postgres')).toEqual([]);
    expect(readMigrations(folder, 'trial', 'sqlite')).toHaveLength(1);
  });

  it('are the same with other line endings and with a byte order mark', () => {
    const unix = readOne('CREATE TABLE one (\n  id text\n);\n');
    const windows = readOne('\uFEFFCREATE TABLE one (\r\n  id text\r\n);\r\n');
    expect(windows).toEqual(unix);
  });

  it('are others when anything else changes', () => {
    const texts = ['SELECT 1;\n', 'SELECT 1;', 'SELECT 1; \n', 'select 1;\n', 'SELECT\r1;\n'];
    expect(new Set(texts.map((sql) => readOne(sql).checksum)).size).toBe(texts.length);
  });

  it.each([
    ['-- holdfast: no-transaction\nSELECT 1;\n', false],
    ['-- holdfast: no-transaction\r\nSELECT 1;\r\n', false],
    ['\uFEFF-- holdfast: no-transaction\nSELECT 1;\n', false],
    ['-- holdfast: no-transaction', false],
    ['SELECT 1;\n-- holdfast: no-transaction\n', true],
    ['\n-- holdfast: no-transaction\n', true],
    ['-- holdfast: backward-compatible\n-- holdfast: no-transaction\nSELECT 1;\n', false],
    ['-- holdfast: backward-compatible\nSELECT 1;\n', true],
    ['-- A migration.\n', true],
    ['', true],
  ])('%j runs in a transaction: %s', (sql, transactional) => {
    expect(readOne(sql).transactional).toBe(transactional);
  });

  it.each([
    ['-- holdfast: backward-compatible\nSELECT 1;\n', true],
    ['-- holdfast: no-transaction\n-- holdfast:  backward-compatible \n', true],
    ['-- A comment.\n-- holdfast: backward-compatible\n', false],
    ['SELECT 1;\n', false],
  ])('%j lets older builds go on: %s', (sql, backwardCompatible) => {
    expect(readOne(sql).backwardCompatible).toBe(backwardCompatible);
  });

  it.each(['no-transactions', 'No-Transaction', '', 'transaction'])(
    'are refused with the directive %j, which does not exist',
    (directive) => {
      expect(() => readOne(`-- holdfast: ${directive}\nSELECT 1;\n`)).toThrow(
        expect.objectContaining({ code: 'MIGRATION_INVALID:trial:0001' }),
      );
    },
  );

  it.each([
    ['a gap', ['0001_make_one.sql', '0003_add_three.sql'], 'MIGRATION_OUT_OF_ORDER:trial:0003'],
    ['a late start', ['0002_add_two.sql'], 'MIGRATION_OUT_OF_ORDER:trial:0002'],
    ['a zero', ['0000_make_nothing.sql'], 'MIGRATION_OUT_OF_ORDER:trial:0000'],
    [
      'a duplicate',
      ['0001_make_one.sql', '0001_make_two.sql'],
      'MIGRATION_OUT_OF_ORDER:trial:0001',
    ],
    ['a short number', ['1_make_one.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
    ['a long number', ['00001_make_one.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
    ['no name', ['0001.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
    ['capitals', ['0001_Make_One.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
    ['blanks', ['0001 make one.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
    ['no number', ['make_one.sql'], 'MIGRATION_OUT_OF_ORDER:trial'],
  ])('with %s are refused', (_what, names, code) => {
    const files = Object.fromEntries(names.map((name) => [name, 'SELECT 1;']));
    expect(codeOf(() => read(files))).toBe(code);
  });

  it('have the same numbers and names in both dialects, for every store of this build', () => {
    const idsOn = (backend: 'POSTGRES' | 'SQLITE') =>
      withMigrations(
        registeredStores.map(({ name }) => ({ store: name, backend })),
        migrationsFolder,
      ).map(({ store, migrations }) => [
        store,
        migrations.map(({ version, name }) => `${version}_${name}`),
      ]);
    const onPostgres = idsOn('POSTGRES');
    expect(idsOn('SQLITE')).toEqual(onPostgres);
    expect(Object.fromEntries(onPostgres)).toMatchObject({
      advisory: ['0001_create_proposals', '0002_add_workflow', '0003_add_request_keys'],
    });
  });

  it.each(['POSTGRES', 'SQLITE'] as const)('have to be there on %s', (backend) => {
    const folder = temporaryFolder();
    const stores = [{ store: 'advisory', backend }];
    expect(codeOf(() => withMigrations(stores, folder))).toBe('MIGRATIONS_MISSING');
    const place = join(folder, 'advisory', backend === 'SQLITE' ? 'sqlite' : 'postgres');
    mkdirSync(place, { recursive: true });
    expect(codeOf(() => withMigrations(stores, folder))).toBe('MIGRATIONS_MISSING');
    writeFileSync(join(place, '0001_make_one.sql'), 'SELECT 1;');
    expect(withMigrations(stores, folder)[0]?.migrations).toHaveLength(1);
  });

  it('are none in memory', () => {
    const [store] = withMigrations([{ store: 'advisory', backend: 'IN_MEMORY' }], migrationsFolder);
    expect(store?.migrations).toEqual([]);
  });
});

const migration = (version: string, checksum = `sum-${version}`): Migration => ({
  store: 'trial',
  version,
  name: `step_${Number(version)}`,
  sql: '',
  checksum,
  transactional: true,
  backwardCompatible: false,
});

const entry = (version: string, checksum = `sum-${version}`): LedgerEntry => ({
  store: 'trial',
  version,
  name: `step_${Number(version)}`,
  checksum,
  backwardCompatible: false,
});

const compare = (expected: readonly Migration[], ledger: readonly LedgerEntry[]) =>
  compareMigrations('POSTGRES', expected, ledger);

describe('build and ledger compared', () => {
  const build = [migration('0001'), migration('0002')];
  const nothing = { pending: [], ahead: [], drifted: [] };

  it.each<[string, readonly Migration[], readonly LedgerEntry[], object]>([
    ['nothing at all', [], [], { status: 'head', current: null, applied: 0, expected: 0 }],
    [
      'an empty ledger',
      build,
      [],
      {
        status: 'pending',
        current: null,
        applied: 0,
        expected: 2,
        pending: ['0001_step_1', '0002_step_2'],
      },
    ],
    [
      'a ledger that is behind',
      build,
      [entry('0001')],
      {
        status: 'pending',
        current: '0001_step_1',
        applied: 1,
        expected: 2,
        pending: ['0002_step_2'],
      },
    ],
    [
      'a ledger in any order',
      build,
      [entry('0002'), entry('0001')],
      { status: 'head', current: '0002_step_2', applied: 2, expected: 2 },
    ],
    [
      'a ledger that is ahead',
      build,
      [entry('0001'), entry('0002'), entry('0003')],
      {
        status: 'ahead',
        current: '0003_step_3',
        applied: 3,
        expected: 2,
        ahead: ['0003_step_3'],
        backward_compatible: false,
      },
    ],
    [
      'a ledger that is ahead with what older builds can go on with',
      build,
      [entry('0001'), entry('0002'), { ...entry('0003'), backwardCompatible: true }],
      {
        status: 'ahead',
        current: '0003_step_3',
        applied: 3,
        expected: 2,
        ahead: ['0003_step_3'],
        backward_compatible: true,
      },
    ],
    [
      'a ledger that is ahead of an old build and lacks something too',
      build,
      [entry('0001'), entry('0003')],
      {
        status: 'ahead',
        current: '0003_step_3',
        applied: 2,
        expected: 2,
        pending: ['0002_step_2'],
        out_of_order: ['0002_step_2'],
        ahead: ['0003_step_3'],
        backward_compatible: false,
      },
    ],
    [
      'an edited migration, which weighs most',
      build,
      [entry('0001', 'other'), entry('0003')],
      {
        status: 'drifted',
        current: '0003_step_3',
        applied: 2,
        expected: 2,
        pending: ['0002_step_2'],
        out_of_order: ['0002_step_2'],
        ahead: ['0003_step_3'],
        backward_compatible: false,
        drifted: ['0001_step_1'],
      },
    ],
    [
      'a gap in the ledger',
      [...build, migration('0003')],
      [entry('0001'), entry('0003')],
      {
        status: 'drifted',
        current: '0003_step_3',
        applied: 2,
        expected: 3,
        pending: ['0002_step_2'],
        out_of_order: ['0002_step_2'],
      },
    ],
    [
      'a gap before what older builds can go on with',
      build,
      [entry('0001'), { ...entry('0003'), backwardCompatible: true }],
      {
        status: 'drifted',
        current: '0003_step_3',
        applied: 2,
        expected: 2,
        pending: ['0002_step_2'],
        ahead: ['0003_step_3'],
        backward_compatible: true,
        out_of_order: ['0002_step_2'],
      },
    ],
    [
      'a file that was renamed after it was applied',
      build,
      [entry('0001'), { ...entry('0002'), name: 'as_it_was' }],
      {
        status: 'head',
        current: '0002_as_it_was',
        applied: 2,
        expected: 2,
        renamed: [{ applied: '0002_as_it_was', file: '0002_step_2' }],
      },
    ],
    [
      'a file that was renumbered after it was applied, behind one of another branch',
      [migration('0001'), migration('0002', 'of another branch'), migration('0003', 'moved')],
      [entry('0001'), { ...entry('0002', 'moved'), name: 'step_3' }],
      {
        status: 'drifted',
        current: '0002_step_3',
        applied: 2,
        expected: 3,
        pending: ['0003_step_3'],
        drifted: ['0002_step_2'],
        renamed: [{ applied: '0002_step_3', file: '0003_step_3' }],
      },
    ],
    [
      'the same text twice, which tells nothing of where it came from',
      [migration('0001', 'same'), migration('0002', 'same'), migration('0003', 'same')],
      [entry('0001', 'same'), entry('0002', 'same')],
      {
        status: 'pending',
        current: '0002_step_2',
        applied: 2,
        expected: 3,
        pending: ['0003_step_3'],
      },
    ],
  ])('%s', (_what, expected, ledger, result) => {
    expect(compare(expected, ledger)).toEqual({ backend: 'POSTGRES', ...nothing, ...result });
  });

  it.each<[MigrationState, MigrationState[]]>([
    ['head', []],
    ['head', ['head', 'head']],
    ['unknown', ['head', 'unknown']],
    ['pending', ['unknown', 'pending', 'head']],
    ['ahead', ['pending', 'ahead', 'unknown']],
    ['drifted', ['ahead', 'drifted', 'pending', 'head']],
  ])('%s is the worst of %j', (worst, states) => {
    expect(worstState(states)).toBe(worst);
  });
});

describe('a migration is unsafe', () => {
  const build = [migration('0001'), migration('0002'), migration('0003')];
  const refusal = (ledger: readonly LedgerEntry[]) =>
    codeOf(() => refuseUnsafe('trial', compare(build, ledger)));

  it.each<[string, readonly LedgerEntry[]]>([
    ['none', []],
    ['none', [entry('0001')]],
    ['none', [entry('0001'), entry('0002'), entry('0003')]],
    ['MIGRATION_CHECKSUM_MISMATCH:trial:0002', [entry('0001'), entry('0002', 'other')]],
    ['MIGRATION_CHECKSUM_MISMATCH:trial:0001', [entry('0001', 'other'), entry('0004')]],
    ['SCHEMA_NEWER_THAN_BUILD', [entry('0001'), entry('0002'), entry('0003'), entry('0004')]],
    ['MIGRATION_OUT_OF_ORDER:trial:0001', [entry('0002')]],
    ['MIGRATION_OUT_OF_ORDER:trial:0002', [entry('0001'), entry('0003')]],
  ])('%s, by the ledger %j', (code, ledger) => {
    expect(refusal(ledger)).toBe(code);
  });
});
