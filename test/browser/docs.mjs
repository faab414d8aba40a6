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
  const { stdout: page } = await promisify(execFile)(
    process.env.CHROMIUM ?? 'chromium',
    [
      ...'--headless --no-sandbox --disable-gpu --no-first-run --disable-sync'.split(' '),
      '--disable-background-networking',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--virtual-time-budget=10000',
      '--dump-dom',
      `${url}/docs`,
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
  );
  const document = await (await fetch(`${url}/docs-json`)).json();
  const missing = Object.keys(document.paths).filter(
    (path) => !page.includes(`data-path="${path}"`),
  );
  if (missing.length > 0) throw new Error(`/docs does not show ${missing.join(', ')}`);
  if (page.includes('errors-wrapper')) throw new Error('/docs shows errors');
  console.log(`/docs shows all ${Object.keys(document.paths).length} paths in a browser`);
} finally {
  service.kill('SIGTERM');
  await new Promise((ended) => service.once('exit', ended));
  rmSync(folder, { recursive: true, force: true });
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
