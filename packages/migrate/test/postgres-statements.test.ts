import { describe, expect, it } from '@jest/globals';
import { joinStatements, schemaStatements } from '../src/schema/postgres-statements.js';

const kept = async (sql: string) =>
  joinStatements(
    await schemaStatements(
      {
        store: 'advisory',
        version: '0001',
        name: 'make_things',
        sql,
        checksum: '',
        transactional: true,
        backwardCompatible: false,
      },
      new Set(['citext']),
    ),
  );

/** The statements that are kept, without the blanks around them. */
const statements = async (sql: string) =>
  (await kept(sql))
    .split('\n;\n')
    .map((each) => each.replace(/\s+/g, ' ').trim())
    .filter((each) => each !== '');

describe('the part of a migration that makes a schema', () => {
  it.each([
    'CREATE TABLE t (a text)',
    'ALTER TABLE t ADD COLUMN b integer',
    'CREATE UNIQUE INDEX i ON t (a)',
    'DROP INDEX i',
    'CREATE EXTENSION pg_trgm',
    'CREATE TABLE u AS SELECT 1 AS a',
    'SELECT 1 AS a INTO v',
    'SELECT make_partitions()',
    'DO $$ BEGIN CREATE TABLE w (a integer); END $$',
    'CREATE VIEW pg_catalog_view AS SELECT * FROM pg_catalog.pg_class',
    "SET LOCAL check_function_bodies = 'off'",
  ])('keeps %s', async (sql) => {
    expect(await statements(sql)).toEqual([sql]);
    expect(await statements(`${sql};`)).toEqual([sql]);
  });

  it.each([
    'INSERT INTO t VALUES (1)',
    'UPDATE t SET a = 1',
    'DELETE FROM t',
    'MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE',
    'TRUNCATE t',
    'VACUUM t',
    'ANALYZE t',
    'REINDEX TABLE CONCURRENTLY t',
    'LOCK TABLE t',
    'BEGIN',
    'COMMIT',
    'ROLLBACK',
    'DISCARD ALL',
    'RESET search_path',
    'SET search_path TO DEFAULT',
    'CREATE EXTENSION citext',
    'CREATE EXTENSION IF NOT EXISTS citext',
    'ALTER EXTENSION citext UPDATE',
    'DROP EXTENSION citext',
    'SET LOCAL lock_timeout = 0',
    'RESET lock_timeout',
    'RESET ALL',
    'SET ROLE postgres',
    '-- nothing but a comment',
    '',
  ])('leaves out %s', async (sql) => {
    expect(await kept(sql)).toBe('');
  });

  it.each([
    ['CREATE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX i ON t (a)'],
    [
      `create index concurrently "concurrently" on t (a) where b = 'CONCURRENTLY'`,
      `create index "concurrently" on t (a) where b = 'CONCURRENTLY'`,
    ],
    ['DROP INDEX CONCURRENTLY i', 'DROP INDEX i'],
    ['ALTER TABLE t DETACH PARTITION u CONCURRENTLY', 'ALTER TABLE t DETACH PARTITION u'],
  ])('%s is done at once', async (sql, once) => {
    expect(await statements(`-- holdfast: no-transaction\n${sql};\n`)).toEqual([once]);
  });

  it('a comment behind a statement does not swallow the next one', async () => {
    const sql = 'CREATE TABLE t (a text) -- first\n; CREATE TABLE u (a text) -- second';
    expect(await kept(sql)).toBe(
      'CREATE TABLE t (a text) -- first\n;\nCREATE TABLE u (a text) -- second\n;\n',
    );
  });

  it('cuts by bytes, whatever the letters before', async () => {
    const sql = `CREATE TABLE "naïve 😀" (a text);
      INSERT INTO "naïve 😀" VALUES ('é; CONCURRENTLY');
      CREATE INDEX CONCURRENTLY "ü" ON "naïve 😀" (a);
      COMMENT ON TABLE "naïve 😀" IS 'é'`;
    expect(await statements(sql)).toEqual([
      'CREATE TABLE "naïve 😀" (a text)',
      'CREATE INDEX "ü" ON "naïve 😀" (a)',
      `COMMENT ON TABLE "naïve 😀" IS 'é'`,
    ]);
  });

  it.each([
    ['ALTER TABLE public.t ADD COLUMN a text', 'it names the schema public'],
    ['CREATE TABLE u (a integer REFERENCES app.t)', 'it names the schema app'],
    ['SET search_path TO public', 'it sets the search_path'],
    ['SET LOCAL search_path = app, public', 'it sets the search_path'],
    ["SET SCHEMA 'app'", 'it sets the search_path'],
    ["SELECT set_config('search_path', 'app', true)", 'it sets the search_path'],
    ['DO $$ BEGIN SET LOCAL search_path TO app; END $$', 'it sets the search_path'],
  ])('refuses %s', async (sql, message) => {
    await expect(kept(sql)).rejects.toThrow(message);
  });

  it('refuses what is no SQL', async () => {
    await expect(kept('CREATE TABEL t (a text)')).rejects.toThrow(/syntax error/);
  });
});
