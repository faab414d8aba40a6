import { type Html, html } from '@holdfast/nest/http/html';
import type { Instant } from '@holdfast/core/instant';
import type { Job } from '../jobs/job.js';
import { OPERATIONS, type Slot } from '../slots/slot.js';
import type { StoredTemplate } from '../templates/template.repository.js';
import { CONFLICT, MESSAGE, type PageContent } from './layout.js';
import { moment, NONE, seconds, size } from './words.js';

export interface SlotPage {
  readonly slot: Slot;
  readonly templates: readonly StoredTemplate[];
  /** Newest first. */
  readonly jobs: readonly Job[];
  readonly providers: readonly string[];
  readonly now: Instant;
}

/** The setting that gets a field of its own. */
const PROMPT = 'prompt';

/** One slot: how it is set up, its templates, a try, and what came of the last photos. */
export function slotPage({ slot, templates, jobs, providers, now }: SlotPage): PageContent {
  const api = `/api/slots/${encodeURIComponent(slot.id)}`;
  return {
    title: slot.displayName,
    path: `/media/slots/${slot.id}`,
    body: html`<p class="quiet">
        ${slot.id}, changed ${moment(slot.updatedAt)}
        ${slot.updatedBy !== null && html`by ${slot.updatedBy}`}
      </p>
      <div class="columns">
        <div>
          <section aria-labelledby="setup">
            <h2 id="setup">Set-up</h2>
            ${setup(slot, providers, api)}
          </section>
          <section aria-labelledby="templates">
            <h2 id="templates">Templates</h2>
            ${templateList(templates)} ${templateForm(slot)} ${MESSAGE}
          </section>
        </div>
        <div>
          <section aria-labelledby="try">
            <h2 id="try">Try it</h2>
            <p class="quiet">With what the form above says, whether it is stored or not.</p>
            ${tryForm(api)}
          </section>
          <section aria-labelledby="last">
            <h2 id="last">Last results</h2>
            ${jobTable(jobs, now)}
            <div class="buttons">
              <button
                type="button"
                data-send="${api}/cleanup"
                data-confirm="Remove the files of all expired results of this slot now?"
              >
                Remove expired results
              </button>
              <button
                type="button"
                data-send="${api}/reset_stats"
                data-confirm="Count this slot's statistics from now on?"
              >
                Reset statistics
              </button>
            </div>
            ${MESSAGE}
          </section>
        </div>
      </div>`,
  };
}

function setup(slot: Slot, providers: readonly string[], api: string): Html {
  const { [PROMPT]: prompt, ...others } = slot.settingsJson;
  const text = typeof prompt === 'string' ? prompt : '';
  const rest = typeof prompt === 'string' || prompt === undefined ? others : slot.settingsJson;
  return html`<form data-put="${api}" data-version="${slot.version}">
    <label for="name">Name</label>
    <input
      id="name"
      data-field="display_name"
      value="${slot.displayName}"
      maxlength="128"
      required
    />
    <label for="provider">Provider</label>
    <select id="provider" data-field="provider" data-kind="choice">
      <option value="">none</option>
      ${providers.map((name) => option(name, name === slot.provider))}
    </select>
    <label for="operation">What is done</label>
    <select id="operation" data-field="operation">
      ${OPERATIONS.map((name) => option(name, name === slot.operation))}
    </select>
    <label for="prompt">Prompt <small>for providers that take one</small></label>
    <textarea id="prompt" data-field="settings_json.${PROMPT}" data-optional="kept">
${text}</textarea>
    <label for="settings"
      >Other settings <small>JSON, as the provider's driver has them</small></label
    >
    <textarea id="settings" data-field="settings_json" data-kind="json" spellcheck="false">
${JSON.stringify(rest, null, 2)}</textarea>
    <label for="limit">Most MB of a photo</label>
    <input
      id="limit"
      type="number"
      data-field="size_limit_mb"
      data-kind="number"
      value="${slot.sizeLimitMb}"
      min="1"
      max="2048"
      required
    />
    <label
      ><input
        type="checkbox"
        data-field="is_active"
        data-kind="flag"
        ${slot.isActive && html` checked`}
      />Takes photos in</label
    >
    <button class="main">Save</button>
    ${MESSAGE} ${CONFLICT}
  </form>`;
}

function option(name: string, isChosen: boolean): Html {
  return html`<option value="${name}" ${isChosen && html` selected`}>
    ${name.replaceAll('_', ' ')}
  </option>`;
}

function templateList(templates: readonly StoredTemplate[]): Html {
  if (templates.length === 0) return html`<p>There is none.</p>`;
  return html`<ul>
    ${templates.map(
      ({ template, object }) =>
        html`<li>
          ${template.mediaKind}: ${object.contentType}, ${size(object.bytes)}, added
          ${moment(template.createdAt)}
          <button
            type="button"
            data-send="/api/template-media/${encodeURIComponent(template.id)}"
            data-method="DELETE"
            data-then="reload"
            data-confirm="Delete this template?"
            aria-label="Delete the template ${template.mediaKind}"
          >
            Delete
          </button>
        </li>`,
    )}
  </ul>`;
}

function templateForm({ id }: Slot): Html {
  return html`<form data-upload="/api/template-media" data-then="reload">
    <input type="hidden" data-part="slot_id" value="${id}" />
    <label for="kind">What it is to the provider</label>
    <input id="kind" data-part="media_kind" value="style" maxlength="32" required />
    <label for="template">Image</label>
    <input
      id="template"
      type="file"
      data-part="file"
      accept="image/jpeg,image/png,image/webp"
      data-preview="template-preview"
      required
    />
    <img class="preview" id="template-preview" alt="The template that is about to be sent" hidden />
    ${PROGRESS}
    <button class="main">Add the template</button>
    ${MESSAGE}
  </form>`;
}

function tryForm(api: string): Html {
  return html`<form data-upload="${api}/test-run" data-tries data-result="result">
    <label for="photo">Photo</label>
    <input
      id="photo"
      type="file"
      data-part="file"
      accept="image/jpeg,image/png,image/webp"
      data-preview="photo-preview"
      required
    />
    <img class="preview" id="photo-preview" alt="The photo that is about to be sent" hidden />
    ${PROGRESS}
    <button class="main">Try it</button>
    ${MESSAGE}
    <img class="preview" id="result" alt="What came back" hidden />
  </form>`;
}

const PROGRESS = html`<progress
    max="1"
    value="0"
    aria-label="How much has been sent"
    hidden
  ></progress>
  <p data-words role="status" hidden></p>`;

function jobTable(jobs: readonly Job[], now: Instant): Html {
  if (jobs.length === 0) return html`<p>No photo has come in yet.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of results">
    <table>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">From</th>
          <th scope="col">Ended</th>
          <th scope="col" class="number">Took</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        ${jobs.map(
          (job) =>
            html`<tr>
              <td>${moment(job.startedAt)}</td>
              <td>${job.source === 'ui_test' ? 'a try' : 'a sender'}</td>
              <td>${job.status} ${job.failureReason}</td>
              <td class="number">${seconds(job.durationMs)}</td>
              <td>${resultOf(job, now)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function resultOf({ id, resultExpiresAt }: Job, now: Instant): Html {
  if (resultExpiresAt === null) return html`${NONE}`;
  if (resultExpiresAt <= now) return html`expired`;
  return html`<a href="/public/results/${encodeURIComponent(id)}">open</a>, until
    ${moment(resultExpiresAt)}`;
}
