import '../media.reasons.js';
/**
 * Of the pages: sends forms as JSON with the token of the page, shows what was refused and what somebody else has
 * changed meanwhile, and how far a photo is.
 */
export const SCRIPT = `
'use strict';
const token = document.querySelector('meta[name=csrf-token]')?.content;
const headers = token ? { 'x-csrf-token': token } : {};

function say(form, text, state) {
  const box = form.querySelector('[data-message]');
  box.textContent = text;
  box.dataset.state = state;
  box.hidden = false;
  box.focus();
}

/** What a problem document says, with each field that was refused. */
async function problemOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  const fields = (problem.errors ?? []).map(({ path, message }) => path + ': ' + message);
  return { problem, text: [problem.detail || problem.title || 'The service answered ' + answer.status + '.',
    ...fields, problem.code ? '(' + problem.code + ')' : ''].filter(Boolean).join('\\n') };
}

function send(url, method, body) {
  return fetch(url, { method, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }) });
}

/** The fields of a form as they are sent; those that are empty and written only stay as they are. */
function valuesOf(form) {
  const values = {};
  for (const field of form.querySelectorAll('[data-field]')) {
    const { field: path, kind = 'text', optional } = field.dataset;
    if (optional !== undefined && field.value === '') continue;
    const value = kind === 'flag' ? field.checked : kind === 'number' ? Number(field.value)
      : kind === 'json' ? JSON.parse(field.value || '{}') : kind === 'choice' ? field.value || null : field.value;
    const parts = path.split('.');
    const last = parts.pop();
    let place = values;
    for (const part of parts) place = place[part] ??= {};
    place[last] = kind === 'json' ? { ...value, ...place[last] } : value;
  }
  return values;
}

async function showConflict(form, url, sent) {
  const now = await (await fetch(url)).json();
  const differ = Object.keys(sent).filter((name) => name !== 'version' && name in now &&
    JSON.stringify(sent[name]) !== JSON.stringify(now[name]));
  say(form, 'Somebody has changed this meanwhile' + (now.updated_by ? ' (' + now.updated_by + ')' : '') +
    '. Nothing of yours is stored yet.\\n' + differ.map((name) => name + ': theirs ' + JSON.stringify(now[name]) +
    ', yours ' + JSON.stringify(sent[name])).join('\\n'), 'warns');
  const choice = form.querySelector('[data-conflict]');
  choice.hidden = false;
  choice.querySelector('[data-theirs]').onclick = () => location.reload();
  choice.querySelector('[data-mine]').onclick = () => {
    if (!confirm('Overwrite what somebody else has stored?')) return;
    form.dataset.version = now.version;
    choice.hidden = true;
    form.requestSubmit();
  };
}

async function save(form) {
  const url = form.dataset.put;
  let sent;
  try {
    sent = { ...valuesOf(form), version: Number(form.dataset.version) };
  } catch (error) {
    return say(form, 'The settings are no JSON: ' + error.message, 'fails');
  }
  const answer = await send(url, 'PUT', sent);
  if (answer.ok) {
    const stored = await answer.json();
    form.dataset.version = stored.version;
    for (const field of form.querySelectorAll('[data-optional=secret]')) field.value = '';
    return say(form, 'Stored as version ' + stored.version + '.', 'works');
  }
  const { problem, text } = await problemOf(answer);
  return problem.code === 'STATE_CONFLICT' ? showConflict(form, url, sent) : say(form, text, 'fails');
}

for (const form of document.querySelectorAll('form[data-put]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    const button = form.querySelector('button.main');
    button.disabled = true;
    await save(form).catch((error) => say(form, 'The service cannot be reached: ' + error.message, 'fails'));
    button.disabled = false;
  });
}

for (const button of document.querySelectorAll('button[data-send]')) {
  button.addEventListener('click', async () => {
    if (!confirm(button.dataset.confirm)) return;
    const box = button.closest('section');
    const answer = await send(button.dataset.send, button.dataset.method ?? 'POST').catch(() => undefined);
    if (answer?.ok) {
      if (button.dataset.then === 'reload') return location.reload();
      const told = answer.status === 204 ? {} : await answer.json();
      return say(box, 'Done. ' + Object.entries(told).map(([name, value]) => name + ': ' + value).join(', '), 'works');
    }
    say(box, answer ? (await problemOf(answer)).text : 'The service cannot be reached.', 'fails');
  });
}

/** With fetch nobody is told how much of a photo has been sent. */
function upload(url, body, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = 'blob';
    request.upload.onprogress = ({ loaded, total }) => told(loaded, total);
    request.onerror = () => reject(new Error('the connection was lost'));
    request.onload = () => resolve(request);
    request.send(body);
  });
}

for (const input of document.querySelectorAll('input[type=file][data-preview]')) {
  input.addEventListener('change', () => {
    const image = document.getElementById(input.dataset.preview);
    image.hidden = !input.files[0];
    if (input.files[0]) image.src = URL.createObjectURL(input.files[0]);
  });
}

for (const form of document.querySelectorAll('form[data-upload]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button.main');
    const bar = form.querySelector('progress');
    const words = form.querySelector('[data-words]');
    const began = Date.now();
    const body = new FormData();
    for (const field of form.querySelectorAll('[data-part]'))
      body.append(field.dataset.part, field.type === 'file' ? field.files[0] : field.value);
    const settings = document.querySelector('form[data-put]');
    if (form.dataset.tries !== undefined && settings) {
      const values = valuesOf(settings);
      body.append('settings', JSON.stringify(values.settings_json));
      body.append('operation', values.operation);
      if (values.provider) body.append('provider', values.provider);
    }
    // A form is read in its order: the photo comes last.
    const photo = form.querySelector('input[type=file]');
    if (photo) { body.delete(photo.dataset.part); body.append(photo.dataset.part, photo.files[0]); }
    button.disabled = true;
    bar.hidden = words.hidden = false;
    let sent = 0;
    const tick = setInterval(() => {
      const seconds = ((Date.now() - began) / 1000).toFixed(0);
      words.textContent = sent < 1 ? 'Sending: ' + Math.round(100 * sent) + ' %, ' + seconds + ' s'
        : 'Sent. Waiting for the answer: ' + seconds + ' s';
    }, 200);
    try {
      const answer = await upload(form.dataset.upload, body, (loaded, total) => {
        sent = loaded / total;
        bar.value = sent;
        if (sent === 1) bar.removeAttribute('value');
      });
      if (answer.status >= 200 && answer.status < 300) {
        if (form.dataset.then === 'reload') return location.reload();
        const image = document.getElementById(form.dataset.result);
        image.src = URL.createObjectURL(answer.response);
        image.hidden = false;
        say(form, 'Done in ' + ((Date.now() - began) / 1000).toFixed(1) + ' s.', 'works');
      } else {
        const problem = new Response(answer.response, { status: answer.status });
        say(form, (await problemOf(problem)).text, 'fails');
      }
    } catch (error) {
      say(form, 'Nothing came back: ' + error.message, 'fails');
    } finally {
      clearInterval(tick);
      button.disabled = false;
      bar.hidden = words.hidden = true;
      bar.value = 0;
    }
  });
}
`;
