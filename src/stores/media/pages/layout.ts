import { hashSource, type Html, html, inlineScript, inlineStyle } from '@holdfast/nest/http/html';
import { SCRIPT } from './page.script.js';
import { STYLE } from './page.style.js';

/** Of the pages: their own style and script, and data and photos of this service. */
export const MEDIA_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashSource(SCRIPT)}`,
  `style-src ${hashSource(STYLE)}`,
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LINKS = [
  ['/media', 'Slots'],
  ['/media/stats', 'Statistics'],
  ['/media/settings', 'Settings'],
] as const;

/** What every page is made with. */
export interface PageFrame {
  /** Of the service. */
  readonly service: string;
  /** Undefined where nobody has logged in. */
  readonly csrfToken?: string | undefined;
  readonly user?: string | undefined;
}

export interface PageContent {
  readonly title: string;
  /** Of the navigation; undefined for a page that everybody sees. */
  readonly path?: string;
  readonly body: Html;
}

/** A whole page. It is read without scripts; what changes something needs them. */
export function pageOf(
  { service, csrfToken, user }: PageFrame,
  { title, path, body }: PageContent,
): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${csrfToken !== undefined && html`<meta name="csrf-token" content="${csrfToken}" />`}
        <title>${title}: ${service}</title>
        <link rel="icon" href="data:," />
        ${inlineStyle(STYLE)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <strong>${service}</strong>
          ${path !== undefined && navigation(path)}
          ${user !== undefined && html`<span><a href="/login">${user}</a></span>`}
        </header>
        <main id="main">
          <h1>${title}</h1>
          ${body}
        </main>
        ${inlineScript(SCRIPT)}
      </body>
    </html> `.text;
}

function navigation(path: string): Html {
  return html`<nav aria-label="Media">
    ${LINKS.map(
      ([href, text]) =>
        html`<a href="${href}" ${path === href && html` aria-current="page"`}>${text}</a> `,
    )}
  </nav>`;
}

/** Where a form, or what is done by a button, tells what came of it. */
export const MESSAGE = html`<p
  class="message"
  data-message
  role="status"
  tabindex="-1"
  hidden
></p>`;

/** What somebody is asked whose form was overtaken. */
export const CONFLICT = html`<div class="buttons" data-conflict hidden>
  <button type="button" data-theirs>Take theirs</button>
  <button type="button" data-mine>Overwrite with mine</button>
</div>`;
