import { html } from '@holdfast/nest/http/html';
import type { Job } from '../jobs/job.js';
import type { Slot } from '../slots/slot.js';
import type { PageContent } from './layout.js';
import { moment } from './words.js';

/** The last results of a slot that were sent in, for everybody. */
export function galleryPage(slot: Slot, results: readonly Job[]): PageContent {
  return {
    title: slot.displayName,
    body:
      results.length === 0
        ? html`<p>There is no photo at the moment.</p>`
        : html`<ul class="photos">
            ${results.map((job) => {
              const url = `/public/results/${encodeURIComponent(job.id)}`;
              return html`<li>
                <a href="${url}"
                  ><img
                    src="${url}"
                    alt="Photo of ${job.startedAt.slice(0, 16).replace('T', ' ')}"
                    loading="lazy"
                /></a>
                <p class="quiet">${moment(job.startedAt)}</p>
              </li>`;
            })}
          </ul>`,
  };
}
