import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { operatorsFile, PASSWORD } from '../support/operators.js';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { JWT } from '../support/tokens.js';

jest.setTimeout(180_000);

const { later, temporaryFolder } = cleanup();
const PHONE = { viewport: { width: 360, height: 740 } };
const LAPTOP = { viewport: { width: 1280, height: 800 } };
const LOOKS: readonly BrowserContextOptions[] = [
  { ...PHONE, colorScheme: 'light' },
  { ...LAPTOP, colorScheme: 'dark' },
];
/** For what is seen within seconds, on a machine that others use, too. */
const SEEN_MS = 60_000;

let browser: Browser;
let server: PostgresServer;
let service: Service;
beforeAll(async () => {
  browser = await launchBrowser();
  server = await startPostgresServer();
  const environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: server.url,
    HOST: '127.0.0.1',
    OPS_ACCESS: 'open',
  };
  const { code } = await execute('cli.js', ['migrate', 'up'], environment);
  expect(code).toBe(0);
  service = await startService(environment);
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  await server.remove();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

async function opened(options: BrowserContextOptions = {}) {
  const { page, faults } = await openPage(browser, options);
  await page.goto(`${service.url}/status`);
  return { page, faults };
}

const verdict = (page: Page) => page.locator('#verdict');

async function says(page: Page, text: string): Promise<void> {
  await verdict(page).filter({ hasText: text }).waitFor({ timeout: SEEN_MS });
}

/** What axe finds serious, or worse. */
async function seriousFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}

async function expectFit(page: Page): Promise<void> {
  expect(await seriousFaults(page)).toEqual([]);
  await page.locator('summary').click();
  const [wanted, given] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(wanted).toBeLessThanOrEqual(given);
}

async function whileDown(work: () => Promise<void>): Promise<void> {
  await server.stop('SIGKILL');
  try {
    await work();
  } finally {
    await server.start();
  }
}

describe('the status page in a browser', () => {
  it('shows by itself that PostgreSQL was killed, and that it is back', async () => {
    const { page, faults } = await opened();
    await says(page, 'Can serve');
    const killed = performance.now();
    await server.stop('SIGKILL');
    await says(page, 'Cannot serve');
    const shown = performance.now();
    expect(await verdict(page).textContent()).toContain('POSTGRES_UNREACHABLE');
    expect(await page.locator('#causes').textContent()).toContain('holdfast check --connect');
    await server.start();
    const started = performance.now();
    await says(page, 'Can serve');
    const recovered = performance.now();
    await page.locator('#checks').filter({ hasText: 'well again' }).waitFor();
    expect(await page.locator('#causes').textContent()).toBe('');
    expect(await page.title()).toBe('Can serve: holdfast');
    expect(faults).toEqual([]);
    const figures = [shown - killed, recovered - started].map((each) => Math.round(each));
    process.stdout.write(
      `status page: killed, shown after ${figures[0]} ms; started, shown after ${figures[1]} ms\n`,
    );
  });

  it.each(LOOKS)('has no serious fault for axe, and never scrolls sideways: %j', async (look) => {
    const { page, faults } = await opened(look);
    await says(page, 'Can serve');
    await expectFit(page);
    await whileDown(async () => {
      await says(page, 'Cannot serve');
      const failing = await opened(look);
      await expectFit(failing.page);
      expect(failing.faults).toEqual([]);
    });
    expect(faults).toEqual([]);
  });

  it('goes by itself from can to cannot without scripts, too', async () => {
    const { page } = await opened({ javaScriptEnabled: false });
    await says(page, 'Can serve');
    expect(await page.locator('#copy').isVisible()).toBe(false);
    await page.locator('summary').click();
    expect(await page.locator('#report').inputValue()).toMatch(/^Can serve/);
    await whileDown(() => says(page, 'Cannot serve'));
    await says(page, 'Can serve');
  });

  it('copies the report, and is used by the keyboard alone', async () => {
    const { page } = await opened({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the status');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('copy');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.locator('#copied').filter({ hasText: 'Copied.' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^Can serve since /);
  });

  it('keeps the focus where it was while it changes', async () => {
    await whileDown(async () => {
      const { page } = await opened();
      await says(page, 'Cannot serve');
      await page.locator('#commands-db').focus();
      const since = await page.locator('#since').textContent();
      await eventually(async () => {
        expect(await page.locator('#since').textContent()).not.toBe(since);
      });
      expect(await page.evaluate('document.activeElement.id')).toBe('commands-db');
      await page.locator('#runbook-db').click();
      await page.locator('h1', { hasText: 'POSTGRES_UNREACHABLE' }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    });
  });

  it('says when nothing comes any more, and goes on when the service is back', async () => {
    const cwd = temporaryFolder();
    const first = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL' }, cwd);
    const { page } = await openPage(browser);
    await page.goto(`${first.url}/status`);
    await says(page, 'Can serve');
    await first.stop('SIGKILL');
    await page.locator('#silence').waitFor({ state: 'visible', timeout: SEEN_MS });
    expect(await page.locator('#silence').textContent()).toContain('No news from this service');
    const { port } = new URL(first.url);
    const next = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', PORT: port }, cwd);
    later(() => next.stop());
    await page.locator('#silence').waitFor({ state: 'hidden', timeout: SEEN_MS });
  });

  it('is reached by a log-in, and has the documentation beside it', async () => {
    const file = await operatorsFile(temporaryFolder(), ['ada']);
    const guarded = await startService({
      ...JWT,
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      OPS_ACCESS: 'token',
      ADMIN_CREDENTIALS_PATH: file,
      SQLITE_PATH: join(temporaryFolder(), 'holdfast.sqlite'),
    });
    later(() => guarded.stop());
    const { page, faults } = await openPage(browser, PHONE);
    await page.goto(guarded.url);
    expect(await seriousFaults(page)).toEqual([]);
    await page.locator('#username').fill('ada');
    await page.locator('#password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await says(page, 'Can serve');
    expect(new URL(page.url()).pathname).toBe('/status');
    const clock = await page.locator('#clock').textContent();
    await eventually(async () => {
      expect(await page.locator('#clock').textContent()).not.toBe(clock);
    });
    expect(faults).toEqual([]);
  });
});
