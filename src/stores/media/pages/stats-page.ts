import { type Html, html } from '@holdfast/nest/http/html';
import type { Job } from '../jobs/job.js';
import type { Overview, StatsOfSlot } from '../stats/stats.service.js';
import type { PageContent } from './layout.js';
import { statsChart } from './stats-chart.js';
import { moment, percent, seconds, size } from './words.js';

/** In minutes, and how they are called. */
const WINDOWS = [
  [60, 'hour'],
  [1440, 'day'],
  [4320, 'three days'],
] as const;

export interface StatsPage {
  readonly windowMinutes: number;
  readonly overview: Overview;
  readonly slots: readonly StatsOfSlot[];
  readonly failures: readonly Job[];
}

/** Jobs, success, timeouts and times, over all slots and of each. */
export function statsPage({ windowMinutes, overview, slots, failures }: StatsPage): PageContent {
  const { counts, bytes } = overview;
  const ended = counts.done + counts.timeouts + counts.failed;
  const stored = Object.values(bytes).reduce((sum, each) => sum + each, 0);
  return {
    title: 'Statistics',
    path: '/media/stats',
    body: html`<p>
        ${WINDOWS.map(
          ([minutes, name]) =>
            html`<a
              href="/media/stats?window_minutes=${minutes}"
              ${minutes === windowMinutes && html` aria-current="true"`}
              >Last ${name}</a
            > `,
        )}
      </p>
      <dl class="figures">
        ${figure('Jobs', String(counts.jobs))} ${figure('Success', percent(counts.done, ended))}
        ${figure('Timed out', percent(counts.timeouts, ended))}
        ${figure('Provider errors', String(counts.providerErrors))}
        ${figure('Stored', size(stored))}
      </dl>
      <section aria-labelledby="time">
        <h2 id="time">Over time</h2>
        ${statsChart(overview.series)}
      </section>
      <section aria-labelledby="by-slot">
        <h2 id="by-slot">By slot</h2>
        ${slotTable(slots)}
      </section>
      <section aria-labelledby="failures">
        <h2 id="failures">Last failures</h2>
        ${failureTable(failures)}
      </section>`,
  };
}

function figure(name: string, value: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function slotTable(slots: readonly StatsOfSlot[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of slots">
    <table>
      <thead>
        <tr>
          <th scope="col">Slot</th>
          <th scope="col" class="number">Jobs</th>
          <th scope="col" class="number">Success</th>
          <th scope="col" class="number">Timed out</th>
          <th scope="col" class="number">p50</th>
          <th scope="col" class="number">p95</th>
          <th scope="col">Last success</th>
          <th scope="col">Last error</th>
        </tr>
      </thead>
      <tbody>
        ${slots.map(({ slot, figures, last }) => {
          const ended = figures.done + figures.timeouts + figures.failed;
          return html`<tr>
            <td><a href="/media/slots/${encodeURIComponent(slot.id)}">${slot.displayName}</a></td>
            <td class="number">${figures.jobs}</td>
            <td class="number">${percent(figures.done, ended)}</td>
            <td class="number">${percent(figures.timeouts, ended)}</td>
            <td class="number">${seconds(figures.p50Ms)}</td>
            <td class="number">${seconds(figures.p95Ms)}</td>
            <td>${moment(last.lastSuccessAt)}</td>
            <td>${moment(last.lastErrorAt)} ${last.lastErrorReason}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function failureTable(failures: readonly Job[]): Html {
  if (failures.length === 0) return html`<p>There is none.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of failures">
    <table>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Slot</th>
          <th scope="col">Reason</th>
          <th scope="col" class="number">Took</th>
          <th scope="col">Job</th>
        </tr>
      </thead>
      <tbody>
        ${failures.map(
          (job) =>
            html`<tr>
              <td>${moment(job.startedAt)}</td>
              <td>${job.slotId}</td>
              <td>${job.failureReason ?? job.status}</td>
              <td class="number">${seconds(job.durationMs)}</td>
              <td><code>${job.id}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
