/**
 * Makes the pictures of the media store's pages in docs/images: `npm run screenshots:media`. A service in development, with
 * photos that the echo driver gives back.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { launchBrowser, openPage } from '../support/browser.js';
import { startService } from '../support/service.js';

const FOLDER = 'docs/images';
const PHONE = { width: 360, height: 740 };
const LAPTOP = { width: 1280, height: 800 };
const PHOTOS = 14;

mkdirSync(FOLDER, { recursive: true });
const root = mkdtempSync(join(tmpdir(), 'holdfast-screenshots-'));
const service = await startService({
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  HOST: '127.0.0.1',
  MEDIA_ENABLED: 'true',
  MEDIA_ROOT: root,
  INGEST_PASSWORD: 'the password of senders',
});
const browser = await launchBrowser();

async function setUp(): Promise<void> {
  const answer = await fetch(`${service.url}/api/slots/slot-001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      version: 1,
      provider: 'echo',
      is_active: true,
      display_name: 'Portraits',
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Hills of a colour of their own. */
function landscape(index: number): Promise<Buffer> {
  const hue = (index * 47) % 360;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800">
    <rect width="800" height="800" fill="hsl(${hue} 60% 80%)"/><circle cx="${150 + index * 20}" cy="200" r="80" fill="hsl(${(hue + 60) % 360} 90% 65%)"/>
    <path d="M0 ${520 + ((index * 31) % 120)} Q 250 ${300 + ((index * 53) % 200)} 480 560 T 800 480 V800 H0Z" fill="hsl(${(hue + 120) % 360} 40% 45%)"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg().toBuffer();
}

async function send(index: number): Promise<void> {
  const form = new FormData();
  form.append('password', index % 11 === 10 ? 'another password' : 'the password of senders');
  const photo = index % 7 === 6 ? Buffer.from('no photo') : await landscape(index);
  form.append('file', new Blob([photo]), 'photo.jpg');
  await (
    await fetch(`${service.url}/api/ingest/slot-001`, { method: 'POST', body: form })
  ).arrayBuffer();
}

async function picture(
  name: string,
  path: string,
  viewport: typeof PHONE,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const { page } = await openPage(browser, { viewport, colorScheme });
  await page.goto(`${service.url}${path}`, { waitUntil: 'networkidle' });
  // What is further down is loaded when it comes into view.
  await page.evaluate(
    "document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })",
  );
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${FOLDER}/${name}.png`, fullPage: viewport === PHONE });
  await page.context().close();
}

try {
  await setUp();
  for (let index = 0; index < PHOTOS; index += 1) await send(index);
  await picture('media-slot-laptop-light', '/media/slots/slot-001', LAPTOP, 'light');
  await picture('media-slot-phone-dark', '/media/slots/slot-001', PHONE, 'dark');
  await picture('media-stats-laptop-dark', '/media/stats', LAPTOP, 'dark');
  await picture('media-gallery-phone-light', '/public/slots/slot-001', PHONE, 'light');
} finally {
  await browser.close();
  await service.stop();
  rmSync(root, { recursive: true, force: true });
}
