import { type Html, html } from '@holdfast/nest/http/html';
import type { Bucket } from '../stats/stats.js';
import { NONE, seconds } from './words.js';

const WIDTH = 600;
const HEIGHT = 120;

/** What is left free above the highest bar. */
const ROOM = 6;

/** Jobs as stacked bars by how they ended, and the p95 of their time as a line. */
export function statsChart(series: readonly Bucket[]): Html {
  const most = Math.max(1, ...series.map(({ jobs }) => jobs));
  const longest = Math.max(1, ...series.map(({ p95Ms }) => p95Ms ?? 0));
  const step = WIDTH / Math.max(1, series.length);
  const height = (count: number) => (count / most) * (HEIGHT - ROOM);
  const bars = series.map((bucket, index) => {
    const parts = [
      ['done', bucket.done],
      ['timeout', bucket.timeouts],
      ['failed', bucket.failed],
    ] as const;
    let below = 0;
    return parts.map(([kind, count]) => {
      below += height(count);
      return (
        count > 0 &&
        html`<rect
          class="${kind}"
          x="${(index * step).toFixed(1)}"
          y="${(HEIGHT - below).toFixed(1)}"
          width="${(step * 0.85).toFixed(1)}"
          height="${height(count).toFixed(1)}"
        />`
      );
    });
  });
  const line = series.flatMap(({ p95Ms }, index) =>
    p95Ms === null
      ? []
      : [
          `${((index + 0.42) * step).toFixed(1)},${(HEIGHT - (p95Ms / longest) * (HEIGHT - ROOM)).toFixed(1)}`,
        ],
  );
  const sum = (name: 'jobs' | 'done' | 'timeouts' | 'failed') =>
    series.reduce((total, bucket) => total + bucket[name], 0);
  const label = `${sum('jobs')} jobs: ${sum('done')} done, ${sum('timeouts')} timed out, ${sum('failed')} failed; at most ${most} in one step; highest p95 ${line.length === 0 ? 'unknown' : seconds(longest)}`;
  return html`<figure>
    <svg
      class="chart"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${label}"
    >
      ${bars.flat()} ${line.length > 1 && html`<polyline points="${line.join(' ')}" />`}
    </svg>
    <figcaption class="legend">
      <span class="done">done</span> <span class="timeout">timed out</span>
      <span class="failed">failed</span>
      <span class="line">p95, up to ${line.length === 0 ? NONE : seconds(longest)}</span>
    </figcaption>
  </figure>`;
}
