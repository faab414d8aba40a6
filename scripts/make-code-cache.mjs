/**
 * Warms the built bundles up and keeps V8's compiled code next to them: the service is started on
 * SQLite and asked a few things, the command program shows its help, the rest is only compiled.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const [bundle] = process.argv.slice(2);

if (bundle === undefined) {
  for (const name of ['service', 'command']) {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), name], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
} else {
  await make(bundle);
}

async function make(name) {
  const { compileBundle, isCompiled, run, writeCaches } = await import(
    pathToFileURL(join(dist, 'code-cache.js')).href
  );
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-build-'));
  try {
    if (name === 'service') await warmService(run, folder);
    else warmCommand(run);
    await wait(50);
    for (const file of name === 'service' ? unloaded(isCompiled) : []) {
      compileBundle(file);
    }
    writeCaches();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit(0);
}

/** Parts that the warm-up did not need, such as the PostgreSQL driver. */
function unloaded(isCompiled) {
  return readdirSync(dist)
    .filter((file) => file.startsWith('part-') && file.endsWith('.cjs'))
    .map((file) => join(dist, file))
    .filter((file) => !isCompiled(file));
}

async function warmService(run, folder) {
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
}

function warmCommand(run) {
  process.argv = [process.execPath, join(dist, 'cli.js'), 'migrate', 'status', '--help'];
  run('command');
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
