import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { sqliteFile } from '../support/copy.js';
import { runInstalled } from '../support/installed-program.js';
import { type NodeMajor, type NodeRelease, nodeRelease } from '../support/node-versions.js';
import { putDriver, installFrom, packAll } from '../support/tarballs.js';

/** npm installs. */
const INSTALL_MS = 1_200_000;
/** SQLite's driver is compiled. */
const COMPILE_MS = 1_200_000;
const USE_MS = 600_000;

/** The newest that runs on every release of Node that is supported: 5 needs Node 22. */
const VITEST = 'vitest@4.1.12';

const MAJORS: readonly NodeMajor[] = [20, 22, 24];
const HOLDFAST = 'node_modules/holdfast/dist/cli.js';
const HOLDFAST_COPY = 'node_modules/.bin/holdfast-copy';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', PORT: '0' };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DB_DURABILITY: 'warn', PORT: '0' };

let folder: string;
beforeAll(() => {
  const packed = packAll();
  folder = installFrom(packed.tarballs);
  rmSync(packed.folder, { recursive: true });
}, INSTALL_MS);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('brings with the service only what is not in its bundles', () => {
  const manifest = readFileSync(join(folder, 'node_modules/holdfast/package.json'), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { dependencies: object };
  expect(Object.keys(dependencies).toSorted()).toEqual([
    'better-sqlite3',
    'libpg-query',
    'pino-pretty',
    'sharp',
    'swagger-ui-dist',
  ]);
});

describe.each(MAJORS)('on Node %s', (major) => {
  let node: NodeRelease;
  beforeAll(() => {
    node = nodeRelease(major);
    putDriver(folder, node);
  }, COMPILE_MS);

  const { later, temporaryFolder } = cleanup();
  const run = (cwd: string, script: string, args: readonly string[], environment: Environment) =>
    runInstalled(cwd, [node.program, join(folder, script), ...args], environment);
  const database = async () => {
    const created = await createDatabase();
    later(() => created.drop());
    return created;
  };

  it(
    'holdfast serves without a build, and is refused by its guard',
    async () => {
      const cwd = temporaryFolder();
      const version = await run(cwd, HOLDFAST, ['--version'], {}).ended;
      expect(version).toMatchObject({ code: 0, stdout: '0.1.0\n' });
      const refused = await run(cwd, HOLDFAST, ['serve'], PRODUCTION).ended;
      expect(refused.stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN');
      expect(refused.code).toBe(78);
      await serves(run(cwd, HOLDFAST, ['serve'], LOCAL), major, takesProposals);
    },
    USE_MS,
  );

  it(
    'holdfast migrates PostgreSQL, copies what SQLite has into it, and serves that',
    async () => {
      const cwd = temporaryFolder();
      const source = { ...LOCAL, SQLITE_PATH: join(cwd, 'source.sqlite') };
      const kept = await serves(run(cwd, HOLDFAST, ['serve'], source), major, takesProposals);
      const onPostgres = { ...PRODUCTION, DATABASE_URL: (await database()).url };
      const early = await run(cwd, HOLDFAST, ['serve'], onPostgres).ended;
      expect([early.code, early.stdout]).toEqual([
        69,
        expect.stringContaining('MIGRATIONS_PENDING'),
      ]);
      for (const args of [
        ['migrate', 'up'],
        ['copy', '--from', source.SQLITE_PATH],
      ]) {
        const { code, stderr } = await run(cwd, HOLDFAST, args, onPostgres).ended;
        expect([args, code, code === 0 ? '' : stderr]).toEqual([args, 0, '']);
      }
      await serves(run(cwd, HOLDFAST, ['serve'], onPostgres), major, async (url) => {
        const found = await fetch(`${url}/rebalance/proposals/${kept}`);
        expect(found.status).toBe(200);
        await takesProposals(url);
      });
    },
    USE_MS,
  );

  it(
    'holdfast-copy copies the file of another program, without a service, and takes that back',
    async () => {
      const cwd = temporaryFolder();
      const file = sqliteFile(
        cwd,
        "CREATE TABLE cups (a TEXT); INSERT INTO cups VALUES ('x'), ('y')",
      );
      const target = await database();
      const dsn = new URL(target.url);
      dsn.password ||= SECRET;
      writeFileSync(join(cwd, 'dsn'), dsn.href);
      const cups = () => target.query('SELECT a FROM cups ORDER BY a');
      const copy = copier(cwd, node, decodeURIComponent(dsn.password));

      const copied = await copy(['--from', file, '--to-file', 'dsn', '--report', 'r.json'], {
        DATABASE_URL: 'file:./dev.db',
      });
      expect(copied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 rows of 1 /m) });
      expect(await cups()).toEqual([{ a: 'x' }, { a: 'y' }]);
      const undone = await copy(['--undo', 'r.json'], { DATABASE_URL: dsn.href });
      expect(undone).toMatchObject({ code: 0, stdout: 'cups: gone\nThe copy is undone.\n' });
      await expect(cups()).rejects.toThrow('does not exist');
      const again = await copy(['--from', file, '--json'], { DATABASE_URL_FILE: 'dsn' });
      expect(again.code).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({
        tables: [{ table: 'cups', rows_written: 2 }],
      });
      expect(await cups()).toHaveLength(2);
    },
    USE_MS,
  );

  it(
    'holdfast-copy ends with a code of the catalogue, and shows no password',
    async () => {
      const cwd = temporaryFolder();
      const file = sqliteFile(cwd, 'CREATE TABLE cups (a TEXT)');
      const copy = copier(cwd, node, SECRET);
      const from = ['--from', file];
      const url = `postgresql://app:${SECRET}@127.0.0.1:1/app`;
      const other = `mysql://app:${SECRET}@127.0.0.1/app`;
      const cases: readonly [number, string, readonly string[], Environment?][] = [
        [0, 'Usage: holdfast-copy', ['--help']],
        [0, '0.1.0', ['--version']],
        [64, '(see holdfast-copy --help)', ['--form', url]],
        [64, '--jobs', [...from, '--jobs', url]],
        [64, 'there is no target', from],
        [64, 'See `holdfast-copy --help`', ['--to', url]],
        [64, '--to is not a postgresql:// URL', [...from, '--to', other]],
        [69, 'POSTGRES_UNREACHABLE', [...from, '--to', url]],
        [69, 'POSTGRES_UNREACHABLE', [...from, '--json'], { DATABASE_URL: url }],
        [69, 'COPY_SOURCE_UNREADABLE', ['--from', url], { DATABASE_URL: url }],
        [78, 'DSN_SCHEME_UNSUPPORTED', from, { DATABASE_URL: other }],
      ];
      for (const [code, told, args, environment] of cases) {
        const ended = await copy(args, environment);
        expect([args, ended.code]).toEqual([args, code]);
        expect(ended.stdout + ended.stderr).toContain(told);
      }
    },
    USE_MS,
  );

  it(
    'another team’s application is refused, migrates and serves, on both databases',
    async () => {
      rmSync(join(folder, 'data'), { recursive: true, force: true });
      const start = (environment: Environment, file = 'main.js') =>
        runInstalled(folder, [node.program, join('dist', file)], environment);
      const refused = await start(PRODUCTION).ended;
      expect(refused.stderr).toContain('"PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES_DSN"');
      expect(refused.code).toBe(78);
      const onSqlite = await start({ ...PRODUCTION, ORDERS_STORE_BACKEND: 'SQLITE' }).ended;
      expect(onSqlite.stderr).toContain('"PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES"');
      expect(onSqlite.code).toBe(78);
      await serves(start(LOCAL), major, takesOrders);
      const onPostgres = { ...PRODUCTION, ORDERS_POSTGRES_DSN: (await database()).url };
      const early = await start(onPostgres).ended;
      expect([early.code, early.stdout]).toEqual([
        69,
        expect.stringContaining('MIGRATIONS_PENDING'),
      ]);
      expect(await start(onPostgres, 'migrate.js').ended).toMatchObject({ code: 0 });
      await serves(start(onPostgres), major, takesOrders);
    },
    USE_MS,
  );
});

describe('describeBackends() under Vitest', () => {
  beforeAll(() => {
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', VITEST];
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    putDriver(folder, nodeRelease(20));
  }, INSTALL_MS);

  it.each([
    ['is given its functions', (test: string) => test, []],
    ['takes its globals', (test: string) => test.replace(/, test\);\s*$/, ');\n'), ['--globals']],
  ] as const)(
    '%s, and proves each backend by every case',
    async (_, change, flags) => {
      const compiled = readFileSync(join(folder, 'dist/orders.repository.test.js'), 'utf8');
      const test = compiled.replace("'node:test'", "'vitest'");
      expect(test).not.toBe(compiled);
      const changed = change(test);
      expect(changed === test).toBe(flags.length === 0);
      writeFileSync(join(folder, 'dist/orders.vitest.js'), changed);
      const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
      const run = ['run', '--reporter=json', '--outputFile=vitest.json', ...flags];
      writeFileSync(
        join(folder, 'vitest.config.mjs'),
        "export default { test: { include: ['dist/orders.vitest.js'] } };\n",
      );
      const { TEST_DATABASE_URL = '' } = process.env;
      const command = [process.execPath, vitest, ...run];
      const { code, stdout, stderr } = await runInstalled(folder, command, { TEST_DATABASE_URL })
        .ended;
      expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
      const report = JSON.parse(readFileSync(join(folder, 'vitest.json'), 'utf8')) as {
        readonly testResults: readonly {
          readonly assertionResults: readonly { fullName: string; status: string }[];
        }[];
      };
      const cases = report.testResults.flatMap(({ assertionResults }) => assertionResults);
      const passed = cases.filter(({ status }) => status === 'passed');
      for (const backend of ['SQLITE', 'POSTGRES']) {
        const ofBackend = passed.filter(({ fullName }) => fullName.includes(` on ${backend} `));
        expect([backend, ofBackend.length]).toEqual([backend, 3]);
      }
      expect(cases).toHaveLength(passed.length);
    },
    USE_MS,
  );
});

type Environment = Readonly<Record<string, string>>;

const SECRET = 'hush-5ecret';

/** Runs the command as npm has linked it, and sees that nothing of what it prints holds the password. */
function copier(cwd: string, { program }: NodeRelease, password: string) {
  const path = [dirname(program), process.env.PATH].join(delimiter);
  return async (args: readonly string[], environment: Environment = {}) => {
    const command = [join(folder, HOLDFAST_COPY), ...args];
    const ended = await runInstalled(cwd, command, { PATH: path, ...environment }).ended;
    expect(ended.stdout + ended.stderr).not.toContain(password);
    return ended;
  };
}

/** Uses a service that starts, sees which Node it runs on, and stops it in order. */
async function serves<T>(
  { child, url, ended }: ReturnType<typeof runInstalled>,
  major: NodeMajor,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const base = await url;
  const version = (await (await fetch(`${base}/version`)).json()) as { node: string };
  expect(version.node).toMatch(new RegExp(`^v${major}\\.`));
  expect((await fetch(`${base}/health/ready`)).status).toBe(200);
  const used = await use(base);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  return used;
}

/** @returns the id of a proposal that is kept */
async function takesProposals(url: string): Promise<string> {
  const created = await fetch(`${url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': url },
    body: JSON.stringify({ portfolio_id: 'pf-1', created_by: 'a', document: { weight: 0.1 } }),
  });
  expect(created.status).toBe(201);
  const { proposal_id: id } = (await created.json()) as { proposal_id: string };
  expect((await fetch(`${url}/rebalance/proposals/${id}`)).status).toBe(200);
  return id;
}

async function takesOrders(url: string): Promise<void> {
  const created = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ article: 'cup', quantity: 2 }),
  });
  expect(created.status).toBe(201);
  const order = (await created.json()) as { id: string };
  const found = await fetch(`${url}/orders/${order.id}`);
  expect(await found.json()).toEqual(order);
}
