import { html } from '@holdfast/nest/http/html';
import type { Slot } from '../slots/slot.js';
import type { PageContent } from './layout.js';
import { moment } from './words.js';

/** Every slot, and how it is set up. */
export function slotsPage(slots: readonly Slot[]): PageContent {
  return {
    title: 'Slots',
    path: '/media',
    body: html`<div class="scroll" tabindex="0" role="region" aria-label="Slots">
      <table>
        <thead>
          <tr>
            <th scope="col">Slot</th>
            <th scope="col">Name</th>
            <th scope="col">Takes photos</th>
            <th scope="col">Provider</th>
            <th scope="col">Does</th>
            <th scope="col" class="number">Most MB</th>
            <th scope="col">Changed</th>
            <th scope="col">Gallery</th>
          </tr>
        </thead>
        <tbody>
          ${slots.map(
            (slot) =>
              html`<tr>
                <td><a href="/media/slots/${encodeURIComponent(slot.id)}">${slot.id}</a></td>
                <td>${slot.displayName}</td>
                <td>${slot.isActive ? 'yes' : 'no'}</td>
                <td>${slot.provider ?? 'none'}</td>
                <td>${slot.operation.replaceAll('_', ' ')}</td>
                <td class="number">${slot.sizeLimitMb}</td>
                <td>${moment(slot.updatedAt)} ${slot.updatedBy}</td>
                <td>
                  <a
                    href="/public/slots/${encodeURIComponent(slot.id)}"
                    aria-label="Gallery of ${slot.displayName}"
                    >open</a
                  >
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`,
  };
}
