/**
 * Makes the pictures of the status page in docs/images: `npm run screenshots`. A service on a PostgreSQL of its own, well
 * and with its PostgreSQL killed, on a telephone and on a laptop, light and dark.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { launchBrowser, openPage } from '../support/browser.js';
import { startPostgresServer } from '../support/postgres-server.js';
import { startRedis } from '../support/redis.js';
import { run, startService } from '../support/service.js';

const FOLDER = 'docs/images';
const PHONE = { width: 360, height: 740 };
const LAPTOP = { width: 1280, height: 800 };
/** After which a start counts. */
const COUNTED_MS = 8000;
/** So that the chart has something to show. */
const LOAD_MS = 90_000;
/** For which a table is locked now and then, so that connections are in use and waited for. */
const LOCKED_MS = 1500;

mkdirSync(FOLDER, { recursive: true });
const server = await startPostgresServer();
const redis = await startRedis();
const environment = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  APP_ENV: 'demo',
  DATABASE_URL: server.url,
  HOST: '127.0.0.1',
  OPS_ACCESS: 'open',
  REDIS_URL: redis.url,
  DB_POOL_SIZE: '2',
  DB_MAX_OVERFLOW: '2',
};
await run('cli.js', ['migrate', 'up'], environment);
// A start that the next one is compared with.
const before = await startService({ ...environment, DB_POOL_SIZE: '1', DB_POOL_TIMEOUT: '20' });
await wait(COUNTED_MS);
await before.stop();
const service = await startService(environment);
const browser = await launchBrowser();
const locker = new pg.Client(server.url);
locker.on('error', () => undefined);
await locker.connect();

async function picture(name: string, viewport: typeof PHONE, colorScheme: 'light' | 'dark') {
  const { page } = await openPage(browser, { viewport, colorScheme });
  await page.goto(`${service.url}/status`);
  await page.screenshot({ path: `${FOLDER}/${name}.png`, fullPage: viewport === PHONE });
  await page.context().close();
}

function read(number: number) {
  return fetch(`${service.url}/rebalance/proposals?portfolio_id=PF-${number}`);
}

/** Reads, of which those wait for each other that come while the table is locked. */
async function load(): Promise<void> {
  const until = performance.now() + LOAD_MS;
  for (let round = 0; performance.now() < until; round += 1) {
    await locker.query('BEGIN; LOCK TABLE proposal_records');
    const reads = Array.from({ length: 1 + (round % 7) }, (_, index) => read(round * 7 + index));
    await wait(LOCKED_MS);
    await locker.query('COMMIT');
    await Promise.all(reads);
    await wait(Math.random() * 6000);
  }
}

try {
  await load();
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
  await redis.remove();
}
