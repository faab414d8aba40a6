import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** CHROMIUM names it; `chromium` on the path otherwise. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: onPath(process.env.CHROMIUM ?? 'chromium'),
    // Tests run as root, too.
    args: ['--no-sandbox', '--disable-gpu'],
  });
}

/** A page with a state of its own, and what it has said of faults: broken policies among them. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, faults };
}

function onPath(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file)) ?? program;
}
