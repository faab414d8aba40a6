import { hashSource, Html, html, inlineScript, inlineStyle } from '../http/html.js';
import { loadChart } from './load-chart.js';
import { SCRIPT } from './page.script.js';
import { STYLE } from './page.style.js';
import { statusReport } from './report.js';
import type { Cause, CheckStatus, PoolStatus, ProblemStatus, Status } from './status.js';
import { timeline } from './timeline.js';
import { between, changeText, timesText, timeText, UNCOMPARED, verdictOf } from './words.js';

/** Without scripts, seconds until the page is loaded again. */
const RELOAD_SECONDS = 5;

/** Of the page: its own style and script, and data of this service. */
export const STATUS_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashSource(SCRIPT)}`,
  `style-src ${hashSource(STYLE)}`,
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Parts of the page that change, by the ids of their elements. */
export type Regions = Readonly<Record<string, string>>;

/** What of the page changes while it is open. */
export function regionsOf(status: Status, hasRunbook: boolean): Regions {
  return Object.fromEntries(
    Object.entries({
      verdict: verdict(status),
      since: since(status),
      causes: status.causes.map((cause) => causeCard(cause, hasRunbook)),
      problems: problems(status, hasRunbook),
      checks: status.checks.map((check) => checkRow(check, status)),
      pools: pools(status.pools),
      migrations: migrations(status),
      changes: changes(status),
    }).map(([id, content]) => [id, html`${content}`.text]),
  );
}

/** The whole page. It needs no script: with one, its regions are replaced as they change. */
export function statusPage(status: Status, hasRunbook: boolean): string {
  const regions = regionsOf(status, hasRunbook);
  const region = (id: string) => new Html(regions[id] ?? '');
  const { service, profile, environment } = status;
  return html`<!doctype html>
    <html lang="en" data-status="${status.status}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${verdictOf(status)}: ${service.name}</title>
        <link rel="icon" href="data:," />
        ${inlineStyle(STYLE)}
        <noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}" /></noscript>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the status</a>
        <header>
          <strong>${service.name}</strong>
          <span
            >${service.version}${service.commit !== null && ` (${service.commit.slice(0, 7)})`}</span
          >
          <span>${profile}${environment !== null && `, ${environment}`}</span>
          <span class="clock"
            >As of
            <time id="clock" datetime="${status.timestamp}"
              >${timeText(status.timestamp)}</time
            ></span
          >
        </header>
        <p id="silence" role="alert" hidden></p>
        <main id="main">
          <section class="verdict" aria-label="Verdict">
            <h1 id="verdict" role="status" aria-live="polite">${region('verdict')}</h1>
            <p id="since">${region('since')}</p>
          </section>
          <div id="causes">${region('causes')}</div>
          <div id="problems">${region('problems')}</div>
          <div class="columns">
            <section aria-labelledby="checks-title">
              <h2 id="checks-title">Checks</h2>
              <ul id="checks">
                ${region('checks')}
              </ul>
            </section>
            <div>
              <section aria-labelledby="pools-title">
                <h2 id="pools-title">Connections</h2>
                <div id="pools">${region('pools')}</div>
              </section>
              <section aria-labelledby="migrations-title">
                <h2 id="migrations-title">Migrations</h2>
                <div id="migrations">${region('migrations')}</div>
              </section>
              <section aria-labelledby="changes-title">
                <h2 id="changes-title">Changed since the last start</h2>
                <div id="changes">${region('changes')}</div>
              </section>
            </div>
          </div>
          <section aria-labelledby="report-title">
            <h2 id="report-title">For support</h2>
            <p>
              What this page says, as text: no secret is in it.
              <button type="button" id="copy" hidden>Copy the report</button>
              <span id="copied" role="status"></span>
            </p>
            <details>
              <summary>Show the report</summary>
              <label for="report">The report</label>
              <textarea id="report" readonly rows="12" spellcheck="false">
${statusReport(status)}</textarea>
            </details>
          </section>
        </main>
        <footer>
          <nav aria-label="More">
            <a href="/health">Health</a> <a href="/health/pool">Pools</a>
            <a href="/health/migrations">Migrations</a> <a href="/metrics">Metrics</a>
            <a href="/docs">API</a>
          </nav>
        </footer>
        ${inlineScript(SCRIPT)}
      </body>
    </html> `.text;
}

function verdict(status: Status): Html {
  const codes = [...new Set(status.causes.map(({ code }) => code))];
  return html`${verdictOf(status)}${codes.length > 0 && html` <small>${codes.join(', ')}</small>`}`;
}

function since({ since: begun, timestamp, started_at: startedAt, draining }: Status): Html {
  if (draining)
    return html`Load balancers are told to send nothing more; what has begun is answered.`;
  const started = startedAt === null ? '' : `started ${timeText(startedAt)}`;
  if (begun === null || begun === startedAt)
    return html`${started}${startedAt !== null && `, ${between(startedAt, timestamp)} ago`}`;
  return html`since <time datetime="${begun}">${timeText(begun)}</time>, for
    ${between(begun, timestamp)}; ${started}`;
}

function causeCard(cause: Cause, hasRunbook: boolean): Html {
  const { check, code, meaning, fix, commands, runbook } = cause;
  const id = `cause-${check}`;
  const name = code.split(':', 1)[0];
  return html`<section class="cause" aria-labelledby="${id}">
    <h2 id="${id}"><code>${code}</code> <span>${check}</span></h2>
    <p>
      ${meaning}${cause.since !== null && html` <span class="quiet">Since ${timeText(cause.since)}.</span>`}
    </p>
    <p><b>What to do:</b> ${fix}</p>
    <pre
      id="commands-${check}"
      tabindex="0"
      role="region"
      aria-label="Commands to type for ${check}"
    >
${commands.map((command) => `${command}\n`).join('')}</pre>
    <p>
      Runbook:
      ${
        hasRunbook
          ? html`<a id="runbook-${check}" href="/status/runbook/${name}">${runbook}</a>`
          : html`<code>${runbook}</code>`
      }
    </p>
  </section>`;
}

/** What clients are told: there may be much of it while every check passes, as where another session holds a lock. */
function problems({ problems: all, causes }: Status, hasRunbook: boolean): Html {
  const failures = all.filter(({ advice }) => advice !== null);
  const refusals = all.filter(({ advice }) => advice === null);
  const known = new Set(causes.map(({ code }) => code.split(':', 1)[0]));
  return html`${
    failures.length > 0 &&
    html`<section class="cause" aria-labelledby="problems-title">
      <h2 id="problems-title">Requests fail: the last 5 minutes</h2>
      <ul>
        ${failures.map((each) => failureRow(each, hasRunbook, known.has(each.code)))}
      </ul>
    </section>`
  }${
    refusals.length > 0 &&
    html`<p class="quiet">
      Refused in the last 5 minutes:
      ${refusals.map(({ code, count }) => `${code} ${timesText(count)}`).join(', ')}.
    </p>`
  }`;
}

/** @param isCause what to do is told already */
function failureRow(
  { code, count, status, last_at: lastAt, advice }: ProblemStatus,
  hasRunbook: boolean,
  isCause: boolean,
): Html {
  return html`<li>
    <code>${code}</code> ${timesText(count)}
    <span class="quiet"
      >(${status}, last at <time datetime="${lastAt}">${timeText(lastAt)}</time>)</span
    >
    ${
      advice !== null &&
      !isCause &&
      html`<p>${advice.meaning} <b>What to do:</b> ${advice.fix}</p>
        <p>
          Runbook:
          ${
            hasRunbook
              ? html`<a id="problem-${code}" href="/status/runbook/${code}">${advice.runbook}</a>`
              : html`<code>${advice.runbook}</code>`
          }
        </p>`
    }
  </li>`;
}

function checkRow(check: CheckStatus, status: Status): Html {
  const { name, ok, code, detail, because, latency_ms: latency, lag_ms: lag } = check;
  const measured = latency ?? lag;
  const state = !ok ? 'fails' : code === undefined ? 'well' : 'warns';
  return html`<li data-state="${state}">
    <p>
      <b>${name}</b> <span class="state">${state}</span>
      <span class="quiet"
        >${detail}${measured !== undefined && `, ${measured.toFixed(1)} ms`}${check.saturated && ', every connection is in use'}</span
      >
      ${code !== undefined && html`<code>${code}</code>${because !== undefined && html` because of ${because}`}`}
    </p>
    ${timeline(check, status)}
  </li>`;
}

function pools(all: readonly PoolStatus[]): Html {
  if (all.length === 0)
    return html`<p>This process keeps no connections: its stores are in memory.</p>`;
  return html`${all.map(
    (pool) => html`<figure>
<figcaption><b>${pool.name}</b> (${pool.stores.join(', ')}): ${pool.checked_out} of ${pool.size + pool.max_overflow} in use, ${pool.idle} idle, <span${pool.waiting > 0 && html` class="bad"`}>${pool.waiting} waiting</span>${pool.timeouts_total > 0 && html`, ${pool.timeouts_total} timed out`}</figcaption>
${loadChart(pool)}
</figure>`,
  )}`;
}

function migrations({ migrations: { stores } }: Status): Html {
  const rows = Object.entries(stores).map(
    ([store, { backend, status, current, applied, expected, pending }]) =>
      html`<tr${status !== 'head' && html` class="bad"`}><th scope="row">${store}</th><td class="backend">${backend}</td><td>${status}</td><td class="at">${current ?? 'none'}${pending.length > 0 && html`, pending: ${pending.join(', ')}`}</td><td>${applied}/${expected}</td></tr>`,
  );
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Store</th>
        <th scope="col" class="backend">Backend</th>
        <th scope="col">Status</th>
        <th scope="col">At</th>
        <th scope="col">Applied</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function changes({ since_start: since, timestamp }: Status): Html {
  if (since === null) return html``;
  if (!since.known) return html`<p class="quiet">${UNCOMPARED[since.why]}</p>`;
  return html`<p>
      With the start of <time datetime="${since.at}">${timeText(since.at)}</time>,
      ${between(since.at, timestamp)} ago; before it, that of ${timeText(since.before_at)}:
    </p>
    <ul>
      ${since.changes.map((change) => html`<li>${changeText(change)}</li>`)}
    </ul>`;
}
