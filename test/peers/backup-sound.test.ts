import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { backupsIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { asking, toolsThat } from '../support/postgres-tools.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { execute } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

let server: PostgresServer;
let source: TestDatabase;
let out: string;

beforeAll(async () => {
  server = await startInstalledServer();
}, 60_000);
afterAll(() => server.remove());

beforeEach(async () => {
  source = await createDatabase(server.url);
  later(() => source.drop());
  out = join(temporaryFolder(), 'backups');
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
});

const cli = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  execute('cli.js', args, {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'test',
    DATABASE_URL: source.url,
    BACKUP_DIR: out,
    ...more,
  });

/** What PostgreSQL names itself, or makes with something else, so that a restore has it otherwise. */
const SOUND: Readonly<Record<string, string>> = {
  'a foreign key to partitions that came one after the other': `
    CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
    CREATE TABLE t (a int REFERENCES p); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE TABLE p0 PARTITION OF p FOR VALUES FROM (-10) TO (0); INSERT INTO p VALUES (1), (-1); INSERT INTO t VALUES (1)`,
  'a foreign key to partitions of which some have gone': `
    CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); CREATE TABLE t (a int REFERENCES p);
    ALTER TABLE p DETACH PARTITION p1; DROP TABLE p1; CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30)`,
  'a partition with a foreign key of its own name': `
    CREATE TABLE r (a int PRIMARY KEY); CREATE TABLE q (a int, CONSTRAINT of_parent FOREIGN KEY (a) REFERENCES r) PARTITION BY RANGE (a);
    CREATE TABLE q1 (a int, CONSTRAINT own_name FOREIGN KEY (a) REFERENCES r); ALTER TABLE q ATTACH PARTITION q1 FOR VALUES FROM (0) TO (10)`,
  'comments on what is made with something else': `
    CREATE TABLE parent (a int CONSTRAINT k CHECK (a > 0)); CREATE TABLE child (b int) INHERITS (parent); COMMENT ON CONSTRAINT k ON child IS 'c';
    CREATE TABLE q (a int CONSTRAINT k CHECK (a > 0)) PARTITION BY LIST (a); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1);
    COMMENT ON CONSTRAINT k ON q1 IS 'c'; CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER tt AFTER INSERT ON q FOR EACH ROW EXECUTE FUNCTION noted(); COMMENT ON TRIGGER tt ON q1 IS 'c';
    CREATE TYPE mood AS ENUM ('well'); COMMENT ON TYPE mood[] IS 'c'; COMMENT ON TYPE parent IS 'c';
    CREATE VIEW v AS SELECT 1 AS a; COMMENT ON RULE "_RETURN" ON v IS 'c'`,
  'an operator that another one has left behind': `
    CREATE FUNCTION same(int, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = same, COMMUTATOR = OPERATOR (=====)); DROP OPERATOR === (int, text)`,
};

it.each(Object.entries(SOUND))(
  'is verified and restored: %s',
  async (_, sql) => {
    await source.query(sql);
    expect(await cli(['backup', '--verify'])).toMatchObject({ code: 0 });
    const target = await createDatabase(server.url);
    later(() => target.drop());
    const [folder = ''] = backupsIn(out);
    expect(await cli(['restore', folder, '--into', target.url])).toMatchObject({ code: 0 });
  },
  60_000,
);

describe('what others do while a dump begins', () => {
  it.each([
    ['a view is replaced', 'CREATE OR REPLACE VIEW v AS SELECT 2 AS a'],
    ['a materialized view is filled again', 'REFRESH MATERIALIZED VIEW m'],
    ['a sequence gets an owner', 'ALTER SEQUENCE s OWNER TO postgres'],
  ])('waits for nothing: %s', async (_, change) => {
    await source.query(
      'CREATE VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE SEQUENCE s',
    );
    const beforeDump = asking(`SET lock_timeout = 3000; ${change}`);
    const tools = toolsThat(temporaryFolder(), { beforeDump });
    expect(await cli(['backup'], tools)).toMatchObject({ code: 0 });
  });
});

describe('a restore that fails tells no more than why', () => {
  it('of a subscription', async () => {
    await source.query(
      `CREATE SUBSCRIPTION far CONNECTION 'host=nowhere.invalid password=marzipan' PUBLICATION one WITH (connect = false, slot_name = NONE)`,
    );
    await source.query("CREATE ROLE low LOGIN PASSWORD 'low-password'");
    const target = await createDatabase(server.url);
    later(async () => {
      await target.drop();
      await source.query('DROP SUBSCRIPTION far; DROP ROLE low');
    });
    await target.query('GRANT ALL ON SCHEMA public TO low');
    expect(await cli(['backup'])).toMatchObject({ code: 0 });
    const into = new URL(target.url);
    into.username = 'low';
    into.password = 'low-password';
    const [folder = ''] = backupsIn(out);
    const { code, stderr } = await cli(['restore', folder, '--no-rights', '--into', into.href]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/RESTORE_FAILED[^]*ERROR: [^]*at CREATE SUBSCRIPTION far\.?$/m);
    expect(stderr).not.toMatch(/marzipan|Command was/);
  });

  it('of a row that is refused', async () => {
    await source.query(
      `CREATE FUNCTION fits(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
       CREATE TABLE judged (a text CONSTRAINT fitting CHECK (fits(a))); INSERT INTO judged VALUES ('marzipan');
       CREATE OR REPLACE FUNCTION fits(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false'`,
    );
    const target = await createDatabase(server.url);
    later(() => target.drop());
    expect(await cli(['backup'])).toMatchObject({ code: 0 });
    const [folder = ''] = backupsIn(out);
    const { code, stderr } = await cli(['restore', folder, '--into', target.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/RESTORE_FAILED[^]*judged[^]*"fitting"/);
    expect(stderr).not.toMatch(/marzipan|CONTEXT|DETAIL/);
  });
});
