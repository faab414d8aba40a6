import { readFile } from 'node:fs/promises';
import { hashSource, html, inlineStyle } from '../http/html.js';
import { STYLE } from './page.style.js';

export const RUNBOOK_PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashSource(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * A section of the runbook, as it is written there.
 * @param file undefined where the release has none
 * @returns undefined where there is no such section
 */
export async function runbookPage(
  file: string | undefined,
  code: string,
): Promise<string | undefined> {
  const section = file && sectionOf(await readFile(file, 'utf8'), code);
  if (section === undefined || section === '') return undefined;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Runbook: ${code}</title>
        <link rel="icon" href="data:," />
        ${inlineStyle(STYLE)}
      </head>
      <body>
        <main>
          <p><a href="/status">Back to the status</a></p>
          <h1>${code}</h1>
          <pre tabindex="0">${section}</pre>
        </main>
      </body>
    </html> `.text;
}

/** What stands under the heading of a code; undefined where there is no such heading. */
export function sectionOf(runbook: string, code: string): string | undefined {
  const [, ...sections] = runbook.split(/^#{1,2} /m);
  const found = sections.find((section) => section.startsWith(`${code}\n`));
  return found?.slice(code.length).trim();
}
