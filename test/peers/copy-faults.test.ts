import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import { compareCopy, copy, copyReport, copyStarted, sqliteFile } from '../support/copy.js';
import { eventually } from '../support/eventually.js';
import { startPostgresServer } from '../support/postgres-server.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { mountTmpfs } from '../support/tmpfs.js';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const rows = (count: number, bytes: number) => `
CREATE TABLE large (id INTEGER PRIMARY KEY, body BLOB);
INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
  SELECT i, randomblob(${bytes}) FROM n;
CREATE TABLE there (id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO there VALUES (1, 'new');`;
const THERE = `CREATE TABLE there (id bigint PRIMARY KEY, v text); INSERT INTO there VALUES (7, 'old')`;

async function expectAsItWas(database: TestDatabase = target): Promise<void> {
  expect(await database.query('SELECT * FROM there')).toEqual([{ id: '7', v: 'old' }]);
  expect(
    await database.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    ),
  ).toEqual([{ relname: 'there' }]);
}

const stagings = (database: TestDatabase = target) =>
  database.query(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^holdfast'`);

describe('a cut connection', () => {
  it.each(['COPY "holdfast', 'CREATE INDEX', 'TRUNCATE', 'DROP SCHEMA', 'COMMIT'])(
    'at %s leaves the target as it was, and --resume completes the copy',
    async (text) => {
      await target.query(THERE);
      const url = new URL(target.url);
      const proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
      later(() => proxy.close());
      const path = sqliteFile(
        temporaryFolder(),
        `${rows(2000, 1000)} CREATE INDEX large_by_body ON large (body);`,
      );
      proxy.when(text, () => {
        proxy.cut();
      });
      const failed = await copy(path, through(proxy, target.url), ['--replace']);
      expect([failed.code, failed.stderr]).toEqual([
        69,
        expect.stringMatching(/^POSTGRES_CONNECTION_ENDED$/m),
      ]);
      await expectAsItWas();
      await copyReport(path, target.url, ['--replace', '--resume']);
      expect(compareCopy(path, target.url).differences).toEqual([]);
    },
    60_000,
  );

  it('at the commit of the switch: --resume tells that it is there', async () => {
    const url = new URL(target.url);
    const proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
    later(() => proxy.close());
    const path = sqliteFile(temporaryFolder(), rows(10, 10));
    // The staging schema is dropped by the switch; the next thing that is sent is its commit.
    proxy.when('DROP SCHEMA IF EXISTS "holdfast_copy', () => {
      proxy.when('COMMIT', () => {
        setTimeout(() => {
          proxy.cut();
        }, 0);
      });
    });
    const failed = await copy(path, through(proxy, target.url));
    // The answer may have been faster than the cut; what is told is true either way.
    if (failed.code !== 0) {
      expect([failed.code, failed.stderr]).toEqual([
        69,
        expect.stringMatching(/^COPY_OUTCOME_UNKNOWN$/m),
      ]);
      expect(await copyReport(path, target.url, ['--resume'])).toMatchObject({ resumed: true });
    }
    expect(compareCopy(path, target.url).differences).toEqual([]);
    expect(await stagings()).toEqual([]);
  }, 60_000);
});

it('a right that is taken away in the middle leaves the target as it was', async () => {
  await target.query(THERE);
  const [role] = await target.query<{ name: string }>(
    `SELECT 'copier_' || substr(md5(random()::text), 1, 12) AS name`,
  );
  const name = role?.name ?? '';
  await target.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  later(() => target.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`));
  const [database] = await target.query<{ name: string }>('SELECT current_database() AS name');
  await target.query(
    `GRANT CREATE ON DATABASE ${database?.name} TO ${name}; GRANT CREATE ON SCHEMA public TO ${name};
     GRANT ALL ON there TO ${name}`,
  );
  const url = new URL(target.url);
  url.username = name;
  url.password = 'secret';
  const path = sqliteFile(temporaryFolder(), rows(3000, 4000));
  const { ended } = copyStarted(path, url.href, ['--replace']);
  await eventually(async () => {
    if ((await stagings()).length === 0) throw new Error('not begun yet');
  });
  await target.query(`REVOKE ALL ON there FROM ${name}`);
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_REFUSED$/m)]);
  expect(stderr).toContain('permission denied for table there');
  await expectAsItWas();
  expect(await stagings()).toEqual([]);
}, 60_000);

it('a server that crashes leaves the target as it was, and keeps what has been switched in', async () => {
  const server = await startPostgresServer();
  later(() => server.remove());
  const database = await createDatabase(server.url);
  await database.query(THERE);
  const path = sqliteFile(temporaryFolder(), rows(12_000, 4000));
  const { ended } = copyStarted(path, database.url, ['--replace']);
  await eventually(async () => {
    const [schema] = (await stagings(database)) as { nspname: string }[];
    const progress = await database.query<{ rows: number }>(
      `SELECT (value->>'rowsWritten')::int AS rows FROM ${schema?.nspname ?? 'none'}.holdfast_copy_state
        WHERE name = 'large'`,
    );
    if (!(Number(progress[0]?.rows) > 0)) throw new Error('nothing is committed yet');
  });
  await server.stop('SIGKILL');
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([69, expect.stringMatching(/^POSTGRES_CONNECTION_ENDED$/m)]);
  await server.start();
  await eventually(() => expectAsItWas(database));
  const report = await copyReport(path, database.url, ['--replace', '--resume']);
  await server.stop('SIGKILL');
  await server.start();
  expect(report).toMatchObject({ resumed: true });
  await eventually(() => {
    expect(compareCopy(path, database.url).differences).toEqual([]);
  });
}, 120_000);

it('a full disk leaves the target as it was', async () => {
  const disk = mountTmpfs(150);
  later(() => {
    disk.remove();
  });
  const folder = join(disk.folder, 'server');
  mkdirSync(folder);
  const server = await startPostgresServer(folder);
  later(() => server.remove());
  const database = await createDatabase(server.url);
  await database.query(THERE);
  const path = sqliteFile(temporaryFolder(), rows(30_000, 4000));
  const { code, stderr } = await copy(path, database.url, ['--replace']);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(/^(POSTGRES_DISK_FULL|POSTGRES_CONNECTION_ENDED)$/m);
  await eventually(() => expectAsItWas(database));
  // Where the server itself has gone down, the next copy clears up.
  const small = sqliteFile(temporaryFolder(), rows(10, 10));
  await eventually(async () => {
    const report = await copy(small, database.url, ['--replace']);
    if (report.code !== 0) throw new Error(report.stderr);
  });
  expect(compareCopy(small, database.url).differences).toEqual([]);
}, 120_000);

it('keeps writers out of the file meanwhile', async () => {
  const url = new URL(target.url);
  const proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
  later(() => proxy.close());
  const path = sqliteFile(temporaryFolder(), rows(10, 10));
  const loading = new Promise<void>((resolve) => {
    proxy.when('COPY "holdfast', () => {
      proxy.stall();
      resolve();
    });
  });
  const { ended } = copyStarted(path, through(proxy, target.url));
  await loading;
  const writer = new Sqlite(path, { timeout: 0 });
  later(() => writer.close());
  expect(() => writer.exec('DELETE FROM large')).toThrow(/locked/);
  proxy.resume();
  expect((await ended).code).toBe(0);
  writer.exec('DELETE FROM large');
}, 60_000);
