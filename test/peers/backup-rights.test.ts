import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { readFacts } from '../../src/backup/postgres/facts.js';
import { readRights, rightsThatDiffer } from '../../src/backup/postgres/rights.js';
import { qualifyNames } from '../../src/backup/postgres/session.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import type { PostgresServer } from '../support/postgres-server.js';

/** Of all that rights can be given on, and that a dump has, at least one. */
const GRANTED = `
CREATE SCHEMA odd; GRANT USAGE ON SCHEMA odd TO reader;
CREATE TABLE odd.rows (id int, "No te" text); GRANT SELECT (id), UPDATE ("No te") ON odd.rows TO reader; GRANT SELECT ON odd.rows TO writer WITH GRANT OPTION;
CREATE SEQUENCE odd.counted; GRANT USAGE ON SEQUENCE odd.counted TO reader;
CREATE FUNCTION odd.told() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION odd.told() FROM PUBLIC;
CREATE TYPE odd.mood AS ENUM ('a'); REVOKE ALL ON TYPE odd.mood FROM PUBLIC; GRANT USAGE ON TYPE odd.mood TO reader;
CREATE DOMAIN odd.short AS text; REVOKE USAGE ON DOMAIN odd.short FROM PUBLIC;
CREATE TYPE odd.pair AS (a int); GRANT USAGE ON TYPE odd.pair TO reader;
CREATE FUNCTION odd.called() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE ours HANDLER odd.called; REVOKE ALL ON LANGUAGE ours FROM PUBLIC; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
CREATE FOREIGN DATA WRAPPER elsewhere; GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO reader;
CREATE SERVER there FOREIGN DATA WRAPPER elsewhere; GRANT USAGE ON FOREIGN SERVER there TO reader;
SELECT lo_create(7000), lo_create(7001); GRANT SELECT ON LARGE OBJECT 7000, 7001 TO reader; GRANT UPDATE ON LARGE OBJECT 7000 TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writer GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES FOR ROLE writer REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE writer IN SCHEMA odd GRANT USAGE ON TYPES TO reader WITH GRANT OPTION;
CREATE EXTENSION pg_stat_statements; GRANT EXECUTE ON FUNCTION pg_stat_statements_reset(oid, oid, bigint) TO reader; REVOKE SELECT ON pg_stat_statements FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO reader; GRANT SELECT ON pg_catalog.pg_authid TO reader;
`;

let server: PostgresServer;
let source: TestDatabase;
let restored: TestDatabase;
let backedUp: Read | undefined;

beforeAll(async () => {
  server = await startInstalledServer();
  [source, restored] = [await createDatabase(server.url), await createDatabase(server.url)];
  await source.query(`CREATE ROLE reader; CREATE ROLE writer; ${GRANTED}`);
  backedUp = await read(source, '');
  const dump = execFileSync('pg_dump', ['-Fc', source.url], { maxBuffer: 2 ** 26 });
  const options = ['--single-transaction', '--exit-on-error'];
  execFileSync('pg_restore', [...options, '-d', restored.url], { input: dump });
}, 60_000);
afterAll(() => server.remove());

type Read = Awaited<ReturnType<typeof readFacts>> & {
  readonly rights: Awaited<ReturnType<typeof readRights>>;
};

/** What is read once `sql` is done, and of which nothing stays. */
async function read({ url }: TestDatabase, sql: string): Promise<Read> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET jit = off; BEGIN; ${sql}`);
    const facts = await readFacts(client);
    await qualifyNames(client);
    return { ...facts, rights: await readRights(client, Object.keys(backedUp?.rights ?? {})) };
  } finally {
    await client.end();
  }
}

const rights = () => backedUp?.rights ?? {};

describe('the rights in a database', () => {
  it('are what they were where all of them have come back', async () => {
    expect(rightsThatDiffer(rights(), (await read(restored, '')).rights)).toBeUndefined();
  });

  it('are of so many large objects, and not of each', () => {
    expect(rights()['large objects']).toEqual([
      'reader SELECT on 2 of them',
      'reader UPDATE on 1 of them',
    ]);
  });

  it('are read of servers of other versions, too', async () => {
    const other = await createDatabase();
    const found = await read(other, 'CREATE TYPE mood AS ENUM ()').finally(() => other.drop());
    expect(Object.keys(found.rights)).toContain('type public.mood');
  });

  it.each([
    ['REVOKE SELECT (id) ON odd.rows FROM reader', 'column odd.rows.id: -reader SELECT'],
    ['GRANT INSERT ("No te") ON odd.rows TO PUBLIC', 'column odd.rows."No te": +PUBLIC INSERT'],
    ['REVOKE SELECT ON odd.rows FROM writer', 'table odd.rows: -writer SELECT WITH GRANT OPTION'],
    ['GRANT USAGE ON TYPE odd.mood TO PUBLIC', 'type odd.mood: +PUBLIC USAGE'],
    ['GRANT USAGE ON DOMAIN odd.short TO PUBLIC', 'type odd.short: +PUBLIC USAGE'],
    ['REVOKE ALL ON TYPE odd.pair FROM reader', 'type odd.pair: -reader USAGE'],
    ['GRANT USAGE ON LANGUAGE ours TO reader', 'language ours: +reader USAGE'],
    ['GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC', 'language plpgsql: +PUBLIC USAGE'],
    [
      'REVOKE ALL ON FOREIGN DATA WRAPPER elsewhere FROM reader',
      'foreign-data wrapper elsewhere: -reader USAGE',
    ],
    ['REVOKE ALL ON FOREIGN SERVER there FROM reader', 'server there: -reader USAGE'],
    [
      'GRANT UPDATE ON LARGE OBJECT 7001 TO reader',
      'large objects: +reader UPDATE on 2 of them, -reader UPDATE on 1 of them',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE writer REVOKE SELECT ON TABLES FROM reader',
      'default privileges of writer on tables: -reader SELECT',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE writer GRANT EXECUTE ON FUNCTIONS TO PUBLIC',
      'default privileges of writer on functions: -writer EXECUTE',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE writer IN SCHEMA odd REVOKE GRANT OPTION FOR USAGE ON TYPES FROM reader',
      'default privileges of writer in schema odd on types: +reader USAGE, -reader USAGE WITH GRANT OPTION',
    ],
    [
      'REVOKE ALL ON FUNCTION pg_stat_statements_reset(oid, oid, bigint) FROM reader',
      'function public.pg_stat_statements_reset(oid,oid,bigint): -reader EXECUTE',
    ],
    [
      'GRANT SELECT ON pg_stat_statements TO PUBLIC',
      'table public.pg_stat_statements: +PUBLIC SELECT',
    ],
    [
      'REVOKE ALL ON FUNCTION pg_catalog.pg_read_file(text) FROM reader',
      'function pg_read_file(text): -reader EXECUTE',
    ],
    [
      'REVOKE ALL ON pg_catalog.pg_authid FROM reader',
      'table pg_catalog.pg_authid: -reader SELECT',
    ],
  ])('are others after %s', async (sql, said) => {
    const after = await read(restored, sql);
    expect(rightsThatDiffer(rights(), after.rights)).toContain(said);
  });

  it('are those of an older build where a backup has no more', async () => {
    const after = await read(restored, 'REVOKE ALL ON TYPE odd.mood FROM reader');
    const { 'type odd.mood': _, ...older } = rights();
    expect(rightsThatDiffer(older, after.rights)).toBeUndefined();
  });

  it.each([
    ['CREATE DOMAIN kept AS text; ALTER DOMAIN kept OWNER TO keeper', 'owners'],
    ['CREATE TYPE kept AS ENUM (); GRANT USAGE ON TYPE kept TO keeper', 'grantees'],
    ["CREATE COLLATION kept (LOCALE = 'C'); ALTER COLLATION kept OWNER TO keeper", 'owners'],
    ['SELECT lo_create(7002); ALTER LARGE OBJECT 7002 OWNER TO keeper', 'owners'],
    ['GRANT SELECT ON LARGE OBJECT 7000 TO keeper', 'grantees'],
    ['GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO keeper', 'grantees'],
    ['GRANT USAGE ON FOREIGN SERVER there TO keeper', 'grantees'],
    ['GRANT USAGE ON LANGUAGE plpgsql TO keeper', 'grantees'],
    [
      'CREATE TEXT SEARCH CONFIGURATION kept (COPY = simple); ALTER TEXT SEARCH CONFIGURATION kept OWNER TO keeper',
      'owners',
    ],
    [
      'CREATE STATISTICS kept ON id, "No te" FROM odd.rows; ALTER STATISTICS kept OWNER TO keeper',
      'owners',
    ],
    ['CREATE PUBLICATION kept; ALTER PUBLICATION kept OWNER TO keeper', 'owners'],
    [
      'CREATE OPERATOR FAMILY kept USING btree; ALTER OPERATOR FAMILY kept USING btree OWNER TO keeper',
      'owners',
    ],
    ['ALTER SERVER there OWNER TO keeper', 'owners'],
    ['GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO keeper', 'grantees'],
  ] as const)('need the role that is in %s', async (sql, kind) => {
    const found = await read(source, `CREATE ROLE keeper SUPERUSER; ${sql}`);
    expect(found[kind]).toContain('keeper');
    expect(found.owners).toContain('postgres');
  });
});
