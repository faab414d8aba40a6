import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { operatorsFile, PASSWORD } from '../support/operators.js';
import { type Service, startService, workingFolder } from '../support/service.js';
import { JWT } from '../support/tokens.js';
import { sendPhoto } from '../support/media/photo.js';
import { photo } from '../support/media/photos.js';

jest.setTimeout(180_000);

const { temporaryFolder } = cleanup();
const PHONE = { viewport: { width: 360, height: 740 } };
const LAPTOP = { viewport: { width: 1280, height: 800 } };
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['phone', { ...PHONE, colorScheme: 'dark' }],
  ['laptop', { ...LAPTOP, colorScheme: 'light' }],
];
const PAGES = ['/media', '/media/slots/slot-001', '/media/stats', '/media/settings'];

let browser: Browser;
let service: Service;
let withLogins: Service;
beforeAll(async () => {
  browser = await launchBrowser();
  const media = {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    HOST: '127.0.0.1',
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: workingFolder(),
    INGEST_PASSWORD: 'the password of senders',
  };
  service = await startService(media);
  withLogins = await startService({
    ...media,
    MEDIA_ROOT: workingFolder(),
    ...JWT,
    ADMIN_CREDENTIALS_PATH: await operatorsFile(
      temporaryFolder(),
      ['ada'],
      ['media:read', 'media:admin'],
    ),
  });
  await setUp({ provider: 'echo', is_active: true, display_name: 'Portraits' });
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  await withLogins.stop();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

interface StoredSlot {
  readonly version: number;
  readonly display_name: string;
}

async function slot(): Promise<StoredSlot> {
  return (await (await fetch(`${service.url}/api/slots/slot-001`)).json()) as StoredSlot;
}

async function setUp(change: object): Promise<void> {
  const { version } = await slot();
  const answer = await fetch(`${service.url}/api/slots/slot-001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...change, version }),
  });
  expect(answer.status).toBe(200);
}

async function opened(path: string, options: BrowserContextOptions = LAPTOP) {
  const { page, faults } = await openPage(browser, options);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(`${service.url}${path}`);
  return { page, faults };
}

const message = (page: Page, form: string) => page.locator(`${form} [data-message]`);

describe.each(LOOKS)('on a %s', (_, look) => {
  it.each([...PAGES, '/public/slots/slot-001'])(
    '%s fits, breaks no rule of axe and no policy',
    async (path) => {
      const { page, faults } = await opened(path, look);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`),
      ).toEqual([]);
      const [wanted, given] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      expect(wanted).toBeLessThanOrEqual(given);
      expect(faults).toEqual([]);
    },
  );
});

describe('a slot', () => {
  const SETUP = 'form[data-put]';

  it('is changed, and says what is refused', async () => {
    const { page } = await opened('/media/slots/slot-001');
    await page.fill('#name', 'Faces');
    await page.click(`${SETUP} button.main`);
    await message(page, SETUP).filter({ hasText: 'Stored as version' }).waitFor();
    expect(await slot()).toMatchObject({ display_name: 'Faces' });
    await page.fill('#settings', '{"no_such": 1}');
    await page.click(`${SETUP} button.main`);
    await message(page, SETUP).filter({ hasText: 'VALIDATION_FAILED' }).waitFor();
    await page.fill('#settings', '{');
    await page.click(`${SETUP} button.main`);
    await message(page, SETUP).filter({ hasText: 'no JSON' }).waitFor();
  });

  it('shows what somebody else has changed meanwhile, and overwrites only when asked', async () => {
    const { page } = await opened('/media/slots/slot-001');
    await setUp({ display_name: 'Theirs' });
    await page.fill('#name', 'Mine');
    await page.click(`${SETUP} button.main`);
    await message(page, SETUP).filter({ hasText: 'theirs "Theirs", yours "Mine"' }).waitFor();
    expect(await slot()).toMatchObject({ display_name: 'Theirs' });
    await page.click('[data-mine]');
    await message(page, SETUP).filter({ hasText: 'Stored as version' }).waitFor();
    expect(await slot()).toMatchObject({ display_name: 'Mine' });
  });

  it('is tried with a photo, whose result is shown and listed', async () => {
    const { page, faults } = await opened('/media/slots/slot-001');
    const TRY = 'form[data-tries]';
    const image = { name: 'a.jpg', mimeType: 'image/jpeg', buffer: await photo('image/jpeg') };
    await page.setInputFiles('#photo', image);
    await page.locator('#photo-preview').waitFor({ state: 'visible' });
    await page.click(`${TRY} button.main`);
    await message(page, TRY).filter({ hasText: 'Done in' }).waitFor();
    await page.locator('#result').waitFor({ state: 'visible' });
    expect(faults).toEqual([]);
    await page.reload();
    expect(await page.locator('tbody tr').first().textContent()).toContain('a try');
    const gallery = `${service.url}/public/slots/slot-001`;
    await page.goto(gallery);
    expect(await page.textContent('main')).toContain('There is no photo');
    const sent = await sendPhoto(`${service.url}/api/ingest/slot-001`, [
      ['password', 'the password of senders'],
      ['file', image.buffer],
    ]);
    expect([sent.status, sent.code]).toEqual([200, undefined]);
    await page.goto(gallery);
    const shown = page.locator('.photos img').first();
    await shown.waitFor();
    const widthOf = (image: unknown) => (image as { readonly naturalWidth: number }).naturalWidth;
    await eventually(async () => {
      expect(await shown.evaluate(widthOf)).toBe(640);
    });
    await setUp({ display_name: 'Portraits' });
  });

  it('refuses what is no photo, by its content', async () => {
    const { page } = await opened('/media/slots/slot-001');
    const text = { name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no photo at all') };
    await page.setInputFiles('#photo', text);
    await page.click('form[data-tries] button.main');
    await message(page, 'form[data-tries]').filter({ hasText: 'MEDIA_TYPE_UNSUPPORTED' }).waitFor();
  });
});

describe('settings and statistics', () => {
  it('stores what holds for all, and never shows a secret', async () => {
    const { page } = await opened('/media/settings');
    await page.fill('#seconds', '30');
    await page.fill('#password', 'another password of senders');
    await page.click('form button.main');
    await message(page, 'form').filter({ hasText: 'Stored as version' }).waitFor();
    expect(await page.inputValue('#password')).toBe('');
    await page.reload();
    expect(await page.inputValue('#seconds')).toBe('30');
    expect(await page.content()).not.toContain('another password of senders');
  });

  it('draws how jobs ended over time', async () => {
    const { page } = await opened('/media/stats?window_minutes=1440');
    expect(await page.locator('svg.chart').getAttribute('aria-label')).toMatch(/^\d+ jobs: /);
    expect(await page.locator('[aria-current=true]').textContent()).toBe('Last day');
  });
});

describe('with log-ins', () => {
  it('leads to the log-in and back, and changes what the operator may', async () => {
    const { page, faults } = await openPage(browser, LAPTOP);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.goto(`${withLogins.url}/media/slots/slot-002`);
    await page.fill('#username', 'ada');
    await page.fill('#password', PASSWORD);
    await page.click('button');
    await page.waitForURL('**/media/slots/slot-002');
    await page.fill('#name', 'By Ada');
    await page.click('form[data-put] button.main');
    await message(page, 'form[data-put]').filter({ hasText: 'Stored as version' }).waitFor();
    await page.reload();
    expect(await page.locator('h1').textContent()).toBe('By Ada');
    expect(await page.locator('p.quiet').first().textContent()).toContain('ada');
    expect(faults).toEqual([]);
  });

  it('shows nobody anything who has not logged in', async () => {
    for (const path of PAGES) {
      const answer = await fetch(`${withLogins.url}${path}`, { redirect: 'manual' });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});
