import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, relationsIn, sqliteFile } from '../support/copy.js';
import { startPooler } from '../support/pgbouncer.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;
let role: string;
let path: string;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
  role = `copier_${randomBytes(6).toString('hex')}`;
  await target.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  later(() => target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE there (id INTEGER); INSERT INTO there VALUES (1); CREATE TABLE made (a)`,
  );
});

const asRole = () => {
  const url = new URL(target.url);
  url.username = role;
  url.password = 'secret';
  return url.href;
};

const grantCreate = async () => {
  const name = new URL(target.url).pathname.slice(1);
  await target.query(
    `GRANT CREATE ON DATABASE ${name} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`,
  );
};

it.each([[[]], [['--dry-run']]])(
  'tells all rights that are missing, before it begins: %j',
  async (args) => {
    await target.query('CREATE TABLE there (id bigint)');
    const before = await relationsIn(target);
    const { code, stderr } = await copy(path, asRole(), ['--replace', ...args]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_REFUSED$/m)]);
    for (const right of [
      `the role ${role} lacks CREATE on the database`,
      'CREATE on the schema public',
      'SELECT on the table there',
      'INSERT on the table there',
      'TRUNCATE on the table there',
    ])
      expect(stderr).toContain(right);
    expect(await relationsIn(target)).toEqual(before);
  },
);

it.each([[[]], [['--replace']]])(
  'takes no row for absent that a policy hides: %j',
  async (args) => {
    await grantCreate();
    await target.query(
      `CREATE TABLE there (id bigint); INSERT INTO there VALUES (100), (200);
       ALTER TABLE there ENABLE ROW LEVEL SECURITY;
       CREATE POLICY visible ON there USING (id = 100); GRANT ALL ON there TO ${role}`,
    );
    const { code, stderr } = await copy(path, asRole(), args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_REFUSED$/m)]);
    expect(stderr).toContain('row-level security policy for table "there"');
    expect(await target.query('SELECT id FROM there ORDER BY id')).toEqual([
      { id: '100' },
      { id: '200' },
    ]);
  },
);

describe('through PgBouncer', () => {
  it.each([
    ['transaction', 1],
    ['transaction', 3],
    ['statement', 3],
  ] as const)('in %s mode with %i connections it is refused', async (mode, size) => {
    const pooler = await startPooler(target.url, mode, size);
    later(pooler.stop);
    for (const args of [[], ['--dry-run']]) {
      const { code, stderr } = await copy(path, pooler.url, args);
      expect([code, stderr]).toEqual([78, expect.stringMatching(/^COPY_REQUIRES_SESSION$/m)]);
    }
    expect(await relationsIn(target)).toEqual([]);
    // Nothing stays with the connections, which others use next.
    const client = new pg.Client(pooler.url);
    await client.connect();
    const { rows } = await client.query<{ set: string }>(
      `SELECT name AS set FROM pg_settings WHERE source = 'session' AND name ~ 'timeout|row_security'`,
    );
    await client.end();
    expect(rows).toEqual([]);
    await copyReport(path, target.url);
  });

  it('in session mode it is made', async () => {
    const pooler = await startPooler(target.url, 'session', 5);
    later(pooler.stop);
    const report = await copyReport(path, pooler.url, ['--jobs', '2']);
    expect(report.tables).toMatchObject([{ table: 'made' }, { table: 'there', rows_written: 1 }]);
  });
});
