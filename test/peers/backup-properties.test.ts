import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { readDefinitions } from '../../src/backup/postgres/definitions.js';
import { readProperties } from '../../src/backup/postgres/properties.js';
import { qualifyNames } from '../../src/backup/postgres/session.js';
import { refuseDifferences } from '../../src/backup/compare.js';
import { EVERYTHING } from '../support/everything.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import type { PostgresServer } from '../support/postgres-server.js';

let server: PostgresServer;
let source: TestDatabase;
let restored: TestDatabase;
let backedUp: Awaited<ReturnType<typeof read>>;

beforeAll(async () => {
  server = await startInstalledServer();
  [source, restored] = [await createDatabase(server.url), await createDatabase(server.url)];
  await source.query(EVERYTHING);
  backedUp = await read(source, '');
  const dump = execFileSync('pg_dump', ['-Fc', source.url], { maxBuffer: 2 ** 26 });
  const options = ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges'];
  execFileSync('pg_restore', [...options, '-d', restored.url], { input: dump });
});
afterAll(() => server.remove());

/** What is read once `sql` is done, and of which nothing stays. */
async function read(database: Pick<TestDatabase, 'url'>, sql: string) {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    // As the sessions of backups: compiling takes ten times as long as asking.
    await client.query(`SET jit = off; BEGIN; ${sql}`);
    await qualifyNames(client);
    const definitions = await readDefinitions(client);
    return { tables: [], ledger: [], definitions, properties: await readProperties(client) };
  } finally {
    await client.end();
  }
}

describe('what is compared of a database beside its rows', () => {
  it('is what it was where all that there can be has come back', async () => {
    refuseDifferences(backedUp, await read(restored, ''), true);
    expect(Object.keys(backedUp.properties).length).toBeGreaterThan(90);
  });

  it('is left out of the comparison where a backup of an older build has nothing of it', async () => {
    const found = await read(restored, 'ALTER TABLE rows DISABLE ROW LEVEL SECURITY');
    refuseDifferences({ ...backedUp, properties: undefined }, found, true);
  });

  it('is read of servers of other versions, too', async () => {
    const other = await createDatabase();
    const { properties } = await read(other, 'CREATE UNLOGGED TABLE brief (a int)').finally(() =>
      other.drop(),
    );
    expect(Object.keys(properties)).toContain('persistence of public.brief');
  });

  it('has no options of columns that a server sets for itself', async () => {
    const told = await source.query<{ name: string }>(
      "SELECT DISTINCT split_part(given, '=', 1) AS name FROM pg_attribute, unnest(attoptions) AS given",
    );
    expect(told.map(({ name }) => name)).toContain('n_distinct');
    expect(Object.keys(backedUp.properties)).not.toContain('options of public.rows.id');
  });

  it.each([
    [
      'row security',
      'ALTER TABLE rows DISABLE ROW LEVEL SECURITY',
      'row security of public.rows differs',
    ],
    [
      'that the owner has it, too',
      'ALTER TABLE rows NO FORCE ROW LEVEL SECURITY',
      'row security of public.rows differs',
    ],
    [
      'the roles of a policy',
      'ALTER POLICY seen ON rows TO pg_monitor',
      'roles of policy seen on public.rows differs',
    ],
    [
      'that all have a policy',
      'ALTER POLICY seen ON rows TO PUBLIC',
      'roles of policy seen on public.rows differs',
    ],
    ['a rule', 'DROP RULE quiet ON rows', 'rule quiet on public.rows is missing'],
    [
      'when a rule is heeded',
      'ALTER TABLE rows DISABLE RULE quiet',
      'rule quiet on public.rows differs',
    ],
    [
      'when a trigger is heeded',
      'ALTER TABLE rows ENABLE TRIGGER tells',
      'trigger tells of public.rows differs',
    ],
    ['options of a table', 'ALTER TABLE rows RESET (fillfactor)', 'options of public.rows differs'],
    [
      'options of its large values',
      'ALTER TABLE rows RESET (toast.autovacuum_enabled)',
      'options of public.rows differs',
    ],
    [
      'that it is in no log',
      'ALTER TABLE brief SET LOGGED',
      'persistence of public.brief is missing',
    ],
    [
      'that it is in the log',
      'DROP PUBLICATION whole; ALTER TABLE parent SET UNLOGGED',
      'persistence of public.parent is extra',
    ],
    [
      'how it is stored',
      'ALTER TABLE brief SET ACCESS METHOD heap',
      'access method of public.brief is missing',
    ],
    [
      'how its rows are told',
      'ALTER TABLE all_of REPLICA IDENTITY NOTHING',
      'replica identity of public.all_of differs',
    ],
    [
      'by which index',
      'ALTER TABLE told_of REPLICA IDENTITY DEFAULT',
      'use of public.told_of_a is missing',
    ],
    [
      'how it is clustered',
      'ALTER TABLE rows SET WITHOUT CLUSTER',
      'use of public.rows_pkey is missing',
    ],
    ['its type', 'ALTER TABLE as_pair NOT OF', 'type of public.as_pair is missing'],
    ['its parents', 'ALTER TABLE child NO INHERIT parent', 'parents of public.child is missing'],
    [
      'its partitions',
      'ALTER TABLE parts DETACH PARTITION part_1',
      'place among partitions of public.part_1 is missing',
    ],
    [
      'the rest of them',
      'ALTER TABLE parts DETACH PARTITION part_rest; ALTER TABLE parts ATTACH PARTITION part_rest FOR VALUES FROM (9) TO (10)',
      'place among partitions of public.part_rest differs',
    ],
    [
      'by what it is partitioned',
      'DROP TABLE parts; CREATE TABLE parts (a int, b text) PARTITION BY LIST (a)',
      'partitioning of public.parts differs',
    ],
    [
      'how a column is stored',
      'ALTER TABLE rows ALTER body SET STORAGE MAIN',
      'storage of public.rows.body differs',
    ],
    [
      'how one of a partition is stored',
      'ALTER TABLE part_1 ALTER b SET STORAGE EXTENDED',
      'storage of public.part_1.b is missing',
    ],
    [
      'how it is compressed',
      'ALTER TABLE rows ALTER note SET COMPRESSION default',
      'compression of public.rows.note is missing',
    ],
    [
      'its statistics',
      'ALTER TABLE rows ALTER note SET STATISTICS -1',
      'statistics target of public.rows.note is missing',
    ],
    [
      'those of an index',
      'ALTER INDEX rows_body ALTER COLUMN 1 SET STATISTICS 3',
      'statistics target of public.rows_body.lower differs',
    ],
    [
      'its options',
      'ALTER TABLE rows ALTER kept RESET (n_distinct)',
      'options of public.rows.kept is missing',
    ],
    ['statistics of several', 'DROP STATISTICS linked', 'statistics public.linked is missing'],
    [
      'of which kind',
      'ALTER STATISTICS linked SET STATISTICS -1',
      'statistics public.linked differs',
    ],
    [
      'a default of a view',
      'ALTER VIEW shown ALTER body DROP DEFAULT',
      'default of public.shown.body is missing',
    ],
    [
      'that a view hides rows',
      'ALTER VIEW shown RESET (security_barrier)',
      'options of public.shown differs',
    ],
    [
      'that a view takes no others',
      'ALTER VIEW shown RESET (check_option)',
      'options of public.shown differs',
    ],
    [
      'rows of a materialized view',
      'REFRESH MATERIALIZED VIEW filled WITH NO DATA',
      'population of public.filled is extra',
    ],
    [
      'that it has none',
      'REFRESH MATERIALIZED VIEW unfilled',
      'population of public.unfilled is missing',
    ],
    [
      'what a sequence gives ahead',
      'ALTER SEQUENCE numbered CACHE 1',
      'cache of public.numbered is missing',
    ],
    [
      'whose it is',
      'ALTER SEQUENCE owned OWNED BY NONE',
      'owning column of public.owned is missing',
    ],
    ['a step of it', 'ALTER SEQUENCE numbered INCREMENT 3', 'sequence public.numbered differs'],
    [
      'a constraint',
      'ALTER TABLE rows ALTER CONSTRAINT own INITIALLY IMMEDIATE',
      'constraint own of public.rows differs',
    ],
    [
      'one that was not looked at',
      'ALTER TABLE rows VALIDATE CONSTRAINT own',
      'constraint own of public.rows differs',
    ],
    [
      'one that children have',
      'ALTER TABLE rows DROP CONSTRAINT mean, ADD CONSTRAINT mean CHECK (id > 0)',
      'constraint mean of public.rows differs',
    ],
    [
      'an index on NULLs',
      'ALTER TABLE rows DROP CONSTRAINT rows_note_key, ADD UNIQUE (note)',
      'index public.rows_note_key differs',
    ],
    [
      'a check of a domain',
      'ALTER DOMAIN short DROP CONSTRAINT not_long',
      'type public.short differs',
    ],
    [
      'one that was not looked at',
      'ALTER DOMAIN later VALIDATE CONSTRAINT positive',
      'type public.later differs',
    ],
    ['its default', 'ALTER DOMAIN short DROP DEFAULT', 'type public.short differs'],
    ['its NOT NULL', 'ALTER DOMAIN short DROP NOT NULL', 'type public.short differs'],
    [
      'the order of an enum',
      'DROP TYPE mood; CREATE TYPE mood AS ENUM ($$sad$$, $$glad$$, $$so so$$)',
      'type public.mood differs',
    ],
    ['an attribute', 'ALTER TYPE pair ADD ATTRIBUTE more int CASCADE', 'type public.pair differs'],
    [
      'a function of a range',
      'DROP TYPE span CASCADE; CREATE TYPE span AS RANGE (SUBTYPE = float8)',
      'type public.span differs',
    ],
    ['a type that is not defined', 'DROP TYPE undefined', 'type public.undefined is missing'],
    [
      'whose rights a function has',
      'ALTER FUNCTION told SECURITY INVOKER',
      'function public.told\\(\\) differs',
    ],
    [
      'what is set in it',
      'ALTER FUNCTION told RESET search_path',
      'function public.told\\(\\) differs',
    ],
    [
      'how it is planned',
      'ALTER FUNCTION same STABLE PARALLEL SAFE COST 5',
      'function public.same\\(public.pair,public.pair\\) differs',
    ],
    ['a procedure', 'DROP PROCEDURE done', 'function public.done\\(integer\\) is missing'],
    [
      'a part of an aggregate',
      'CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)',
      'aggregate public.total\\(integer\\) differs',
    ],
    ['a cast', 'DROP CAST (int AS pair)', 'cast \\(integer AS public.pair\\) is missing'],
    [
      'where it is done',
      'DROP CAST (int AS pair); CREATE CAST (int AS pair) WITH FUNCTION to_pair(int)',
      'cast \\(integer AS public.pair\\) differs',
    ],
    [
      'a part of an operator',
      'ALTER OPERATOR <!== (pair, pair) SET (RESTRICT = NONE)',
      'operator public.<!==\\(public.pair,public.pair\\) differs',
    ],
    [
      'an operator',
      'DROP OPERATOR <=== (pair, pair)',
      'operator public.<===\\(public.pair,public.pair\\) is missing',
    ],
    [
      'a class of operators',
      'DROP OPERATOR CLASS backwards USING btree',
      'operator class public.backwards USING btree is missing',
    ],
    [
      'an operator of a family',
      'ALTER OPERATOR FAMILY numbers USING btree DROP OPERATOR 1 (int, int8)',
      'operator family public.numbers USING btree differs',
    ],
    ['a conversion', 'DROP CONVERSION as_latin', 'conversion public.as_latin is missing'],
    [
      'a transform',
      'DROP TRANSFORM FOR tid LANGUAGE sql',
      'transform for pg_catalog.tid on language sql is missing',
    ],
    ['a language', 'DROP LANGUAGE ours', 'language ours is missing'],
    [
      'that it is trusted',
      'CREATE OR REPLACE TRUSTED LANGUAGE ours HANDLER ours_called',
      'language ours differs',
    ],
    ['an access method', 'DROP ACCESS METHOD heaps CASCADE', 'access method heaps is missing'],
    ['a collation', 'DROP COLLATION loose', 'collation public.loose is missing'],
    [
      'what it takes for the same',
      "DROP COLLATION loose; CREATE COLLATION loose (PROVIDER = icu, LOCALE = 'und-u-ks-level2')",
      'collation public.loose differs',
    ],
    [
      'an option of a dictionary',
      'ALTER TEXT SEARCH DICTIONARY words (StopWords)',
      'text search dictionary public.words differs',
    ],
    [
      'a mapping of a configuration',
      'ALTER TEXT SEARCH CONFIGURATION found DROP MAPPING FOR word',
      'text search configuration public.found differs',
    ],
    [
      'its order',
      'ALTER TEXT SEARCH CONFIGURATION found ALTER MAPPING FOR word WITH simple, words',
      'text search configuration public.found differs',
    ],
    ['a parser', 'DROP TEXT SEARCH PARSER parsed', 'text search parser public.parsed is missing'],
    ['a template', 'DROP TEXT SEARCH TEMPLATE made', 'text search template public.made is missing'],
    [
      'an option of a wrapper',
      "ALTER FOREIGN DATA WRAPPER elsewhere OPTIONS (SET debug 'false')",
      'foreign-data wrapper elsewhere differs',
    ],
    ['one of a server', "ALTER SERVER there OPTIONS (SET host 'b')", 'server there differs'],
    ['its version', "ALTER SERVER there VERSION '2'", 'server there differs'],
    [
      'a user mapping',
      'DROP USER MAPPING FOR PUBLIC SERVER there',
      'user mapping for public on server there is missing',
    ],
    [
      'an option of a foreign table',
      "ALTER FOREIGN TABLE far OPTIONS (SET of 'd')",
      'foreign server of public.far differs',
    ],
    [
      'one of its columns',
      "ALTER FOREIGN TABLE far ALTER a OPTIONS (SET name 'd')",
      'options of public.far.a differs',
    ],
    ['an event trigger', 'DROP EVENT TRIGGER hears', 'event trigger hears is missing'],
    ['when it is heeded', 'ALTER EVENT TRIGGER hears ENABLE', 'event trigger hears differs'],
    [
      'what is published',
      "ALTER PUBLICATION news SET (publish = 'insert')",
      'publication news differs',
    ],
    [
      'of which rows',
      'ALTER PUBLICATION news SET TABLE told_of, rows (id, note)',
      'publication news differs',
    ],
    [
      'of which columns',
      'ALTER PUBLICATION news SET TABLE told_of WHERE (a > 1), rows (id)',
      'publication news differs',
    ],
    [
      'of which schema',
      'ALTER PUBLICATION paper DROP TABLES IN SCHEMA odd',
      'publication paper differs',
    ],
    ['of all tables', 'DROP PUBLICATION whole', 'publication whole is missing'],
    [
      'the schema of an extension',
      'ALTER EXTENSION citext SET SCHEMA odd',
      'schema of extension citext differs',
    ],
    ...[
      ['SCHEMA tools', 'schema tools'],
      ['EXTENSION citext', 'extension citext'],
      ['TYPE mood', 'type public.mood'],
      ['CONSTRAINT not_long ON DOMAIN short', 'domain constraint not_long on public.short'],
      ['FUNCTION told()', 'function public.told\\(\\)'],
      ['AGGREGATE total(int)', 'aggregate public.total\\(integer\\)'],
      ['CAST (int AS pair)', 'cast \\(integer AS public.pair\\)'],
      ['OPERATOR <=== (pair, pair)', 'operator public.<===\\(public.pair,public.pair\\)'],
      ['OPERATOR CLASS backwards USING btree', 'operator class public.backwards USING btree'],
      ['LANGUAGE ours', 'language ours'],
      ['COLLATION plain', 'collation public.plain'],
      ['TEXT SEARCH CONFIGURATION found', 'text search configuration public.found'],
      ['TABLE rows', 'table public.rows'],
      ['COLUMN rows.body', 'table column public.rows.body'],
      ['INDEX rows_body', 'index public.rows_body'],
      ['CONSTRAINT mean ON rows', 'table constraint mean on public.rows'],
      ['TRIGGER tells ON rows', 'trigger tells on public.rows'],
      ['POLICY seen ON rows', 'policy seen on public.rows'],
      ['RULE quiet ON rows', 'rule quiet on public.rows'],
      ['STATISTICS linked', 'statistics object public.linked'],
      ['VIEW shown', 'view public.shown'],
      ['SEQUENCE numbered', 'sequence public.numbered'],
      ['MATERIALIZED VIEW filled', 'materialized view public.filled'],
      ['EVENT TRIGGER hears', 'event trigger hears'],
      ['PUBLICATION news', 'publication news'],
      ['SERVER there', 'server there'],
      ['LARGE OBJECT 7000', 'large object 7000'],
    ].map(([on = '', name = '']) => [
      `a comment on ${on}`,
      `COMMENT ON ${on} IS 'another'`,
      `comment on ${name} differs`,
    ]),
    [
      'that there is no comment',
      'COMMENT ON TABLE rows IS NULL',
      'comment on table public.rows is missing',
    ],
    [
      'that one says nothing of it',
      "COMMENT ON TABLE all_of IS 'more'",
      'comment on table public.all_of is extra',
    ],
    [
      'a security label',
      "INSERT INTO pg_seclabel VALUES ('rows'::regclass, 'pg_class'::regclass, 0, 'none', 'secret')",
      'security label on table public.rows is extra',
    ],
  ])('is another where %s is (%s)', async (_, sql, said) => {
    const found = await read(restored, sql);
    expect(() => {
      refuseDifferences(backedUp, found, true);
    }).toThrow(
      expect.objectContaining({
        code: 'RESTORE_MISMATCH',
        message: expect.stringMatching(new RegExp(`(^|[ ;])${said}`)),
      }),
    );
  });
});
