import { hashSource, type Html, html, inlineStyle } from '../http/html.js';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { box-sizing: border-box; width: min(22rem, 100%); padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
label { display: block; margin: 1rem 0 .25rem; }
input, button { box-sizing: border-box; width: 100%; padding: .75rem; font: inherit; }
button { margin-top: 1.5rem; cursor: pointer; }
.error { border-inline-start: .25rem solid #c22; padding: .5rem .75rem; margin: 0; }
li { padding: .25rem 0; }
`;

/** Of the page: its own style, and its own forms. */
export const LOGIN_PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashSource(STYLE)}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface LoginPage {
  /** Of the service. */
  readonly title: string;
  readonly csrfToken: string;
  /** Where to go on. */
  readonly next: string;
  /** What was wrong with the last try. */
  readonly error?: string;
  /** As it was typed then. */
  readonly username?: string;
}

/** Works without scripts, on a telephone and with a screen reader. */
export function loginPage({ title, csrfToken, next, error, username = '' }: LoginPage): string {
  const isFirst = username === '';
  return pageOf(
    title,
    html`<form method="post" action="/login">
      ${error !== undefined && html`<p class="error" role="alert" id="error">${error}</p>`}
      <input type="hidden" name="csrf_token" value="${csrfToken}" />
      <input type="hidden" name="next" value="${next}" />
      <label for="username">Name</label>
      <input
        id="username"
        name="username"
        value="${username}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="256"
        required${isFirst && html` autofocus`}
      />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        maxlength="1024"
        required${!isFirst && html` autofocus`}
      />
      <button>Log in</button>
    </form>`,
  );
}

/** For whoever has logged in: where to go, and how to leave. */
export function loggedInPage(title: string, user: string, csrfToken: string): string {
  return pageOf(
    title,
    html`<p>You are logged in as ${user}.</p>
      <ul>
        <li><a href="/status">Status</a></li>
        <li><a href="/docs">Documentation</a></li>
      </ul>
      <form method="post" action="/logout">
        <input type="hidden" name="csrf_token" value="${csrfToken}" />
        <button>Log out</button>
      </form>`,
  );
}

function pageOf(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Log in: ${title}</title>
        ${inlineStyle(STYLE)}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `.text;
}
