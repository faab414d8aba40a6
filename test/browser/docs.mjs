/**
 * Opens /docs of the built service in a real browser and looks at what it shows.
 * CHROMIUM names the browser; `chromium` on the path otherwise.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-browser-'));
const service = spawn(process.execPath, [resolve('dist/main.js')], {
  cwd: folder,
  env: { PATH: process.env.PATH, PORT: '0', LOG_FORMAT: 'json' },
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  const url = await listening();
  const page = await opened(`${url}/docs`);
  const document = await (await fetch(`${url}/docs-json`)).json();
  const missing = Object.keys(document.paths).filter(
    (path) => !page.includes(`data-path="${path}"`),
  );
  if (missing.length > 0) throw new Error(`/docs does not show ${missing.join(', ')}`);
  if (page.includes('errors-wrapper')) throw new Error('/docs shows errors');
  // Unfolded, an operation has what the list has not: schemas, examples and a form.
  const [operation] = Object.values(document.paths).flatMap(({ post }) => (post ? [post] : []));
  const unfolded = await opened(`${url}/docs#/${operation.tags[0]}/${operation.operationId}`);
  if (!unfolded.includes('opblock-body'))
    throw new Error(`${operation.operationId} is not unfolded`);
  console.log(`/docs shows all ${Object.keys(document.paths).length} paths in a browser`);
} finally {
  service.kill('SIGTERM');
  await new Promise((ended) => service.once('exit', ended));
  rmSync(folder, { recursive: true, force: true });
}

/** What a page shows once its scripts have run; what its policy forbids it is an error. */
async function opened(page) {
  const { stdout, stderr } = await promisify(execFile)(
    process.env.CHROMIUM ?? 'chromium',
    [
      ...'--headless --no-sandbox --disable-gpu --no-first-run --disable-sync'.split(' '),
      '--disable-background-networking',
      '--enable-logging=stderr',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--virtual-time-budget=10000',
      '--dump-dom',
      page,
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
  );
  const forbidden = stderr.split('\n').filter((line) => line.includes('Content Security Policy'));
  if (forbidden.length > 0) throw new Error(`${page} breaks its policy:\n${forbidden.join('\n')}`);
  return stdout;
}

async function listening() {
  let output = '';
  for await (const chunk of service.stdout) {
    output += chunk;
    const url = /"event":"listening","url":"([^"]+)"/.exec(output)?.[1];
    if (url) {
      service.stdout.on('data', () => undefined);
      return url;
    }
  }
  throw new Error(`the service does not listen:\n${output}`);
}
