/** Of the page: replaces what has changed, tells when nothing comes any more, and copies the report. */
export const SCRIPT = `
'use strict';
const at = (id) => document.getElementById(id);
const SILENT_MS = 5000;
let heardAt = Date.now();
let isRenewing = false;
const shown = {};

function show({ status, title, timestamp, clock, regions }) {
  heardAt = Date.now();
  at('silence').hidden = true;
  document.documentElement.dataset.status = status;
  document.title = title;
  at('clock').textContent = clock;
  at('clock').dateTime = timestamp;
  const focused = document.activeElement?.id;
  for (const [id, markup] of Object.entries(regions)) {
    if (shown[id] !== markup) at(id).innerHTML = markup;
    shown[id] = markup;
  }
  if (focused && document.activeElement === document.body) at(focused)?.focus();
}

function listen() {
  const source = new EventSource('/status/events');
  source.addEventListener('status', ({ data }) => show(JSON.parse(data)));
  source.addEventListener('error', () => {
    // Otherwise the browser connects again by itself.
    if (source.readyState === EventSource.CLOSED) void renew();
  });
}

/** The log-in may have ended: it is renewed once, where there is one. */
async function renew() {
  if (isRenewing) return;
  isRenewing = true;
  await fetch('/api/login/refresh', { method: 'POST' }).catch(() => undefined);
  setTimeout(() => {
    isRenewing = false;
    listen();
  }, SILENT_MS);
}

setInterval(() => {
  if (Date.now() - heardAt < SILENT_MS) return;
  const text = 'No news from this service since ' + at('clock').textContent +
    ': what is below is old. Reload the page, or look whether the process runs.';
  if (at('silence').textContent !== text) at('silence').textContent = text;
  at('silence').hidden = false;
}, 1000);

at('copy').hidden = false;
at('copy').addEventListener('click', async () => {
  const answer = await fetch('/status/report').catch(() => undefined);
  if (answer?.ok) at('report').value = await answer.text();
  try {
    await navigator.clipboard.writeText(at('report').value);
    at('copied').textContent = 'Copied.';
  } catch {
    // Only pages that came encrypted may write the clipboard.
    document.querySelector('details').open = true;
    at('report').select();
    at('copied').textContent = 'Selected: copy it with the keyboard.';
  }
});
listen();
`;
