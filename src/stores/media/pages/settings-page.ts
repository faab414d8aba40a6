import { type Html, html } from '@holdfast/nest/http/html';
import {
  INGEST_PASSWORD_LENGTH,
  RESULT_TTL_HOURS,
  SYNC_RESPONSE_SECONDS,
} from '../media.variables.js';
import { type KeyedProvider, KEYED_PROVIDERS } from '../settings/setting-keys.js';
import type { SettingsView } from '../settings/settings-view.js';
import { CONFLICT, MESSAGE, type PageContent } from './layout.js';
import { moment } from './words.js';

/** What holds for all slots and all instances. @param isGiven whether the variable of a provider gives its key */
export function settingsPage(
  view: SettingsView,
  isGiven: (provider: KeyedProvider) => boolean,
): PageContent {
  const { syncResponseSeconds, resultTtlHours } = view.current;
  return {
    title: 'Settings',
    path: '/media/settings',
    body: html`<p class="quiet">
        They hold for every instance within a second. Changed
        ${moment(view.changed?.updatedAt ?? null)} ${view.changed?.updatedBy}
      </p>
      <section>
        <form
          data-put="/api/settings"
          data-version="${view.version}"
          data-confirm="These settings hold for all senders. Store them?"
        >
          <label for="seconds"
            >Seconds until a sender is answered
            <small>${SYNC_RESPONSE_SECONDS.least} to ${SYNC_RESPONSE_SECONDS.most}</small></label
          >
          ${numberInput('seconds', 'sync_response_seconds', syncResponseSeconds, SYNC_RESPONSE_SECONDS)}
          <label for="hours"
            >Hours that a result can be had
            <small>${RESULT_TTL_HOURS.least} to ${RESULT_TTL_HOURS.most}</small></label
          >
          ${numberInput('hours', 'result_ttl_hours', resultTtlHours, RESULT_TTL_HOURS)}
          <label for="password"
            >New password of senders
            <small>empty: as it is, since ${moment(view.passwordRotatedAt)}</small></label
          >
          <input
            id="password"
            type="password"
            data-field="ingest_password"
            data-optional="secret"
            minlength="${String(INGEST_PASSWORD_LENGTH.least)}"
            maxlength="${String(INGEST_PASSWORD_LENGTH.most)}"
            autocomplete="new-password"
          />
          ${KEYED_PROVIDERS.map((provider) => keyInput(provider, view, isGiven(provider)))}
          <button class="main">Save</button>
          ${MESSAGE} ${CONFLICT}
        </form>
      </section>`,
  };
}

function numberInput(
  id: string,
  field: string,
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
): Html {
  return html`<input
    id="${id}"
    type="number"
    data-field="${field}"
    data-kind="number"
    value="${value}"
    min="${least}"
    max="${most}"
    required
  />`;
}

function keyInput(provider: KeyedProvider, view: SettingsView, isGiven: boolean): Html {
  const stored = view.providerKey(provider);
  const known = stored
    ? html`stored ${moment(stored.updatedAt)}`
    : isGiven
      ? 'given by its variable'
      : 'there is none';
  return html`<label for="key-${provider}"
      >New key of ${provider} <small>empty: as it is; ${known}</small></label
    >
    <input
      id="key-${provider}"
      type="password"
      data-field="provider_keys.${provider}"
      data-optional="secret"
      maxlength="4096"
      autocomplete="off"
    />`;
}
