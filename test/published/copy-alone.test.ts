import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { sqliteFile } from '../support/copy.js';
import { runInstalled } from '../support/installed-program.js';
import { type NodeMajor, nodeRelease } from '../support/node-versions.js';
import { installAlone, packAll, putDriver } from '../support/tarballs.js';

const INSTALL_MS = 600_000;
const MEBIBYTE = 2 ** 20;
/** What most file systems give a file, however small it is. */
const BLOCK_BYTES = 4096;

let folder: string;
let program: string;
beforeAll(() => {
  const packed = packAll();
  folder = installAlone(packed.tarballs, '@holdfast/copy');
  rmSync(packed.folder, { recursive: true });
  const node = nodeRelease(Number(process.versions.node.split('.')[0]) as NodeMajor);
  putDriver(folder, node);
  program = join(folder, 'node_modules/.bin/holdfast-copy');
}, INSTALL_MS);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const { later, temporaryFolder } = cleanup();
const copy = (cwd: string, args: readonly string[], environment = {}) =>
  runInstalled(cwd, [program, ...args], environment).ended;

it('brings no Nest, no TypeORM and no service, and takes less than 30 MiB of the disk', () => {
  const modules = join(folder, 'node_modules');
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : name,
  );
  expect(names).toEqual(expect.arrayContaining(['@holdfast/copy', 'better-sqlite3', 'pg']));
  const unwanted = /nest|typeorm|express|fastify|rxjs|reflect-metadata|libpg|sharp/;
  expect(names.filter((name) => unwanted.test(name))).toEqual([]);
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  const blocks = files.map((file) => Math.ceil(statSync(join(modules, file)).size / BLOCK_BYTES));
  const bytes = BLOCK_BYTES * blocks.reduce((sum, count) => sum + count, 0);
  expect(bytes / MEBIBYTE).toBeLessThan(30);
});

it('is what npx runs by the name of the package', () => {
  const args = ['--offline', '@holdfast/copy', '--version'];
  expect(execFileSync('npx', args, { cwd: folder, encoding: 'utf8' })).toBe('0.1.0\n');
});

it('helps with examples, without loading a driver, the variables or a log', async () => {
  const cwd = temporaryFolder();
  const { code, stdout } = await copy(cwd, ['--help'], { NODE_V8_COVERAGE: join(cwd, 'loaded') });
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nExamples:\n {2}holdfast-copy inspect app\.db\n/);
  const urls = readdirSync(join(cwd, 'loaded')).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(cwd, 'loaded', file), 'utf8')) as {
      readonly result: readonly { readonly url: string }[];
    };
    return result.map(({ url }) => url);
  });
  expect(urls).toContainEqual(expect.stringContaining('/commander/'));
  const late = /\/(pg|joi|pino|better-sqlite3|cli-progress)\//;
  expect(urls.filter((url) => late.test(url))).toEqual([]);
});

it('copies, and tells it below each other', async () => {
  const cwd = temporaryFolder();
  const file = sqliteFile(
    cwd,
    "CREATE TABLE cups (a TEXT); INSERT INTO cups VALUES ('x'), ('y'); CREATE TABLE long_name (b)",
  );
  const target = await createDatabase();
  later(() => target.drop());
  const { code, stdout, stderr } = await copy(cwd, ['--from', file], { DATABASE_URL: target.url });
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^table {6}read {2}written {2}rejected +MB +s$/m);
  expect(stdout).toMatch(/^cups {10}2 {8}2 {9}0 +0\.0 +\d\.\d$/m);
  expect(await target.query('SELECT a FROM cups ORDER BY a')).toEqual([{ a: 'x' }, { a: 'y' }]);
});
