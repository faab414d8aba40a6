/**
 * Warms the built bundles up and keeps V8's compiled code next to them: the service is refused by a
 * PostgreSQL that has no tables, then it is started on SQLite and asked a few things; the command
 * program shows its help and migrates that PostgreSQL; the rest is only compiled.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startEmptyPostgres } from './empty-postgres.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const WARM_UPS = {
  refusal: warmRefusal,
  service: warmService,
  command: warmCommand,
  migration: warmMigration,
};
const UNAVAILABLE = 69;
const [warmUp] = process.argv.slice(2);

if (warmUp === undefined) {
  for (const name of Object.keys(WARM_UPS)) {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), name], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
} else {
  const cache = await import(pathToFileURL(join(dist, 'code-cache.js')).href);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-build-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await WARM_UPS[warmUp](cache, folder);
  await wait(50);
  cache.writeCaches();
  process.exit(0);
}

/** Ends the process, as a refusal does. */
async function warmRefusal({ run, writeCaches }) {
  await useEmptyPostgres();
  process.on('exit', (code) => {
    writeCaches();
    process.exitCode = code === UNAVAILABLE ? 0 : 1;
  });
  run('service');
  await new Promise(() => undefined);
}

async function warmService({ run, compileBundle }, folder) {
  const port = await freePort();
  Object.assign(process.env, {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    LOG_LEVEL: 'fatal',
    PORT: String(port),
    SQLITE_PATH: join(folder, 'warm.sqlite'),
  });
  run('service');
  const url = `http://127.0.0.1:${port}`;
  await untilListening(`${url}/health/live`);
  await fetch(`${url}/health/ready`);
  await fetch(`${url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'warm' },
    body: JSON.stringify({ portfolio_id: 'warm', created_by: 'build', document: { a: [0.1] } }),
  });
  await fetch(`${url}/rebalance/proposals`);
  await fetch(`${url}/nothing`);
  uncachedParts().forEach(compileBundle);
}

/** Parts that no warm-up has needed. */
function uncachedParts() {
  return readdirSync(dist)
    .filter((file) => file.startsWith('part-') && file.endsWith('.cjs'))
    .map((file) => join(dist, file))
    .filter((file) => !existsSync(`${file}.cache`));
}

function warmCommand({ run }) {
  process.argv = [process.execPath, join(dist, 'cli.js'), 'migrate', 'status', '--help'];
  run('command');
}

/** Ends when nothing is left to do. */
async function warmMigration({ run }) {
  const server = await useEmptyPostgres();
  server.unref();
  process.argv = [process.execPath, join(dist, 'cli.js'), 'migrate', 'up'];
  let told = '';
  process.stderr.write = (text) => Boolean((told += text));
  run('command');
  await once(process, 'beforeExit');
  delete process.stderr.write;
  if (process.exitCode) throw new Error(`migrate up has ended with ${process.exitCode}:\n${told}`);
}

async function useEmptyPostgres() {
  const server = await startEmptyPostgres();
  Object.assign(process.env, {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    AUTH_MODE: 'none',
    AUTH_NONE_ACCEPTED: 'true',
    DATABASE_URL: `postgresql://warm:up@127.0.0.1:${server.address().port}/warm`,
    LOG_LEVEL: 'fatal',
  });
  return server;
}

async function untilListening(url) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(20);
  }
  throw new Error('the built service does not answer');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
