/**
 * Makes the pictures of the status page in docs/images: `npm run screenshots`. A service on a PostgreSQL of its own, well
 * and with its PostgreSQL killed, on a telephone and on a laptop, light and dark.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { launchBrowser, openPage } from '../support/browser.js';
import { startPostgresServer } from '../support/postgres-server.js';
import { run, startService } from '../support/service.js';

const FOLDER = 'docs/images';
const PHONE = { width: 360, height: 740 };
const LAPTOP = { width: 1280, height: 800 };
/** So that the chart and the strips have something to show. */
const LOAD_MS = 30_000;

mkdirSync(FOLDER, { recursive: true });
const server = await startPostgresServer();
const environment = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  APP_ENV: 'demo',
  DATABASE_URL: server.url,
  HOST: '127.0.0.1',
  OPS_ACCESS: 'open',
  DB_POOL_SIZE: '2',
  DB_MAX_OVERFLOW: '2',
};
await run('cli.js', ['migrate', 'up'], environment);
const service = await startService(environment);
const browser = await launchBrowser();

async function picture(name: string, viewport: typeof PHONE, colorScheme: 'light' | 'dark') {
  const { page } = await openPage(browser, { viewport, colorScheme });
  await page.goto(`${service.url}/status`);
  await page.screenshot({ path: `${FOLDER}/${name}.png`, fullPage: viewport === PHONE });
  await page.context().close();
}

function create(number: number) {
  return fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `picture-${number}` },
    body: JSON.stringify({ portfolio_id: `PF-${number}`, created_by: 'demo', document: {} }),
  });
}

try {
  const until = performance.now() + LOAD_MS;
  for (let number = 0; performance.now() < until; number += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => create(number + index)));
    await wait(Math.random() * 400);
  }
  await picture('status-laptop-light', LAPTOP, 'light');
  await picture('status-phone-dark', PHONE, 'dark');
  await server.stop('SIGKILL');
  await wait(12_000);
  await picture('status-failing-laptop-dark', LAPTOP, 'dark');
  await picture('status-failing-phone-light', PHONE, 'light');
} finally {
  await browser.close();
  await service.stop();
  await server.remove();
}
