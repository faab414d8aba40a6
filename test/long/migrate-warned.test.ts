import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { connected, migratedDatabase, ownMigrations } from '../support/migrations.js';

const { later } = cleanup();

const TABLES = `CREATE TABLE large AS SELECT generate_series(1, 100001) AS id;
CREATE TABLE small AS SELECT generate_series(1, 99000) AS id;
`;
const INDEXES = `CREATE INDEX small_by_id ON small (id);
CREATE INDEX large_by_id ON large (id);
`;
const CONCURRENTLY = `-- holdfast: no-transaction
CREATE INDEX CONCURRENTLY large_again ON large (id);
`;

it('up warns of a statement that blocks a table of more than 100,000 rows before it runs it', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, { '0001_create_tables.sql': TABLES });
  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
  await database.query('ANALYZE large, small');
  own.write('0002_index_tables.sql', INDEXES);
  const indexes = async () => {
    const rows = await database.query<{ name: string }>(
      `SELECT indexname AS name FROM pg_indexes WHERE tablename IN ('large', 'small') ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };

  const writer = await connected(later, database.url);
  await writer.query('BEGIN; INSERT INTO large VALUES (0)');
  const { process: migrator, ended } = own.start(['up', '--json'], environment);
  let told = '';
  migrator.stderr?.on('data', (chunk: string) => (told += chunk));
  await eventually(() => {
    expect(told).toMatch(
      /^advisory 0002_index_tables: warning: statement 2 reads through, and blocks writes of, large, a table of ~100,001 rows\..*CONCURRENTLY/m,
    );
  });
  expect(await indexes()).toEqual([]);
  await writer.query('ROLLBACK');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ applied: [{ migration: '0002_index_tables' }] });
  expect(stderr.match(/warning/g)).toHaveLength(1);
  expect(await indexes()).toEqual(['large_by_id', 'small_by_id']);

  own.write('0003_index_again.sql', CONCURRENTLY);
  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
});
