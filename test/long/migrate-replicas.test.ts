import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { appliedVersions, migratedDatabase, ownMigrations } from '../support/migrations.js';
import { documentOf } from '../support/migrate.js';
import type { Ended } from '../support/service.js';

const { later } = cleanup();

const REPLICAS = 8;
const TABLES = {
  '0001_create_accounts.sql': 'CREATE TABLE accounts (id integer PRIMARY KEY, owner text);\n',
  '0002_create_entries.sql': 'CREATE TABLE entries (account integer, amount integer);\n',
};
const ROWS = 'INSERT INTO entries SELECT n, 10 * n FROM generate_series(1, 100) AS n;\n';

function idsIn(ended: readonly Ended[]): readonly string[] {
  return ended
    .flatMap((one) => (documentOf(one) as { applied: { migration: string }[] }).applied)
    .map(({ migration }) => migration)
    .toSorted();
}

it('of eight that start on an empty database one applies each migration, and all end well', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, { ...TABLES, '0003_fill_entries.sql': ROWS });
  const all = await Promise.all(
    Array.from({ length: REPLICAS }, () => own.migrate(['up', '--json'], environment)),
  );
  expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    all.map(() => ({ code: 0, stderr: '' })),
  );
  expect(idsIn(all)).toEqual(['0001_create_accounts', '0002_create_entries', '0003_fill_entries']);
  expect(await appliedVersions(database)).toEqual(['0001', '0002', '0003']);
  expect(await database.query('SELECT count(*)::int AS rows FROM entries')).toEqual([
    { rows: 100 },
  ]);
});

it('of eight that have nothing but rows to write one writes them, and all end well', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, TABLES);
  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
  own.write('0003_fill_entries.sql', ROWS);
  own.write('0004_double_entries.sql', 'INSERT INTO entries SELECT * FROM entries;\n');
  const all = await Promise.all(
    Array.from({ length: REPLICAS }, () => own.migrate(['up', '--json'], environment)),
  );
  expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    all.map(() => ({ code: 0, stderr: '' })),
  );
  expect(idsIn(all)).toEqual(['0003_fill_entries', '0004_double_entries']);
  expect(await appliedVersions(database)).toEqual(['0001', '0002', '0003', '0004']);
  expect(await database.query('SELECT count(*)::int AS rows FROM entries')).toEqual([
    { rows: 200 },
  ]);
});
