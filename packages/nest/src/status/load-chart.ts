import { type Html, html } from '../http/html.js';
import type { PoolStatus } from './status.js';

const WIDTH = 600;
const HEIGHT = 80;
/** Points that it has room for at least: what is known fills it from the right. */
const FEWEST_POINTS = 60;

/** Connections in use as an area, what waits for one as a line, and how many there may be. */
export function loadChart({ name, load, size, max_overflow: overflow }: PoolStatus): Html {
  const { used, waiting, point_seconds: pointSeconds } = load;
  const most = size + overflow;
  const top = Math.max(1, most, ...used, ...waiting);
  const y = (value: number) => (HEIGHT - (value / top) * (HEIGHT - 4)).toFixed(1);
  const step = WIDTH / Math.max(FEWEST_POINTS, used.length - 1);
  const x = (index: number, of: number) => (WIDTH - (of - 1 - index) * step).toFixed(1);
  const line = (values: readonly number[]) =>
    values.map((value, index) => `${x(index, values.length)},${y(value)}`).join(' ');
  const minutes = Math.ceil((used.length * pointSeconds) / 60);
  const label = `Pool ${name}, last ${minutes} min: at most ${Math.max(0, ...used)} of ${most} connections in use, at most ${Math.max(0, ...waiting)} requests waiting`;
  return html`<svg
      class="chart"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${label}"
    >
      <line x1="0" x2="${WIDTH}" y1="${y(most)}" y2="${y(most)}" class="limit" />
      ${used.length > 0 && html`<polygon points="${x(0, used.length)},${HEIGHT} ${line(used)} ${WIDTH},${HEIGHT}" class="used" />`}
      <polyline points="${line(waiting)}" class="waiting" />
    </svg>
    <p class="legend">
      <span class="used">in use</span> <span class="waiting">waiting</span>
      <span>last ${minutes} min, limit ${most}</span>
    </p>`;
}
