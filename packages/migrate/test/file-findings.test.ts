import { expect, it } from '@jest/globals';
import type { Migration } from '../src/migration.js';
import { fileFindings } from '../src/postgres/verdicts/file-findings.js';

function migration(sql: string, version = '0001'): Migration {
  const [store, name, checksum] = ['s', 'try_it', ''];
  return { store, version, name, sql, checksum, transactional: true, backwardCompatible: false };
}

/** What lint says fails, by statement. */
async function failing(
  texts: readonly string[],
  others: readonly string[] = [],
): Promise<readonly string[]> {
  const found = await fileFindings(
    texts.map((sql, place) => migration(sql, `000${place + 1}`)),
    others.map((sql) => migration(sql)),
  );
  return found.flatMap(({ statements }) =>
    statements.flatMap(({ verdicts }) =>
      verdicts.flatMap(({ verdict, rule }) => (verdict === 'WILL FAIL' ? rule : [])),
    ),
  );
}

const FIRST = 'CREATE TABLE a (id serial PRIMARY KEY); CREATE VIEW b AS SELECT id FROM a';

it.each([
  ['DROP TABLE nope', 'no-table'],
  ['DROP VIEW nope', 'no-view'],
  ['DROP MATERIALIZED VIEW nope', 'no-materialized-view'],
  ['ALTER TABLE nope ADD COLUMN x integer', 'no-table'],
  ['ALTER TABLE nope RENAME TO other', 'no-table'],
  ['CREATE INDEX k ON nope (id)', 'no-table'],
  ['CREATE TABLE c (id integer REFERENCES nope)', 'no-table'],
  ['INSERT INTO nope VALUES (1)', 'no-table'],
  ['UPDATE a SET id = n.id FROM nope AS n', 'no-table'],
  ['DELETE FROM nope', 'no-table'],
  ['TRUNCATE nope', 'no-table'],
  ['CREATE VIEW c AS SELECT * FROM nope', 'no-table'],
  ['CREATE TRIGGER t BEFORE UPDATE ON nope FOR EACH ROW EXECUTE FUNCTION f()', 'no-table'],
  ['DROP VIEW b; DROP TABLE a; DROP TABLE a', 'no-table'],
])('lint knows that no file makes it: %s, %s', async (sql, rule) => {
  const found = await failing([FIRST, sql]);
  expect(found).toEqual([rule]);
});

it.each([
  'DROP TABLE IF EXISTS nope',
  'ALTER TABLE IF EXISTS nope ADD COLUMN x integer',
  'DROP TABLE audit.nope',
  'DELETE FROM audit.nope',
  'CREATE VIEW c AS SELECT relname FROM pg_class',
  'CREATE VIEW c AS SELECT table_name FROM information_schema.tables',
  'CREATE VIEW c AS SELECT last_value FROM a_id_seq',
  'CREATE VIEW c AS SELECT version FROM holdfast_migrations',
  'ALTER TABLE a_pkey RENAME TO other',
  'WITH nope AS (SELECT 1 AS id) SELECT id FROM nope',
  'INSERT INTO a SELECT nope.id FROM a AS nope',
  'CREATE TABLE c (id integer); INSERT INTO c VALUES (1); DROP TABLE c',
  'CREATE TEMP TABLE c AS SELECT 1; DROP TABLE c',
  'ALTER TABLE a RENAME TO c; DELETE FROM c WHERE id = 1',
  "DO $$ BEGIN EXECUTE 'CREATE TABLE nope ()'; END $$; DROP TABLE nope",
  'SELECT make_tables(); DROP TABLE nope',
  'CALL make_tables(); DROP TABLE nope',
  'CREATE EXTENSION postgis; DELETE FROM spatial_ref_sys',
  'SET search_path TO audit; DROP TABLE nope',
  "SELECT set_config('search_path', 'audit', true); DROP TABLE nope",
  'IMPORT FOREIGN SCHEMA far FROM SERVER away INTO public; DROP TABLE nope',
  'DELETE FROM of_another_store WHERE id = 1',
  'DELETE FROM renamed WHERE id = 1',
])('lint is silent where it cannot know, or where it is there: %s', async (sql) => {
  const others = ['CREATE TABLE of_another_store (id integer)', 'ALTER TABLE x RENAME TO renamed'];
  expect(await failing([FIRST, sql], others)).toEqual([]);
});

it('lint does not know what other stores make that cannot be read', async () => {
  const found = await fileFindings([migration('DROP TABLE nope')], undefined);
  expect(JSON.stringify(found)).not.toContain('WILL FAIL');
});

it('lint does not know what a file makes that it cannot read', async () => {
  expect(await failing(['CREATE TABL a (id integer)', 'DROP TABLE a'])).toEqual(['invalid']);
});
