import { type Html, html } from '../http/html.js';
import type { CheckStatus, Status } from './status.js';
import { between, timeText } from './words.js';

/** What the strip shows, at most. */
const SHOWN_MS = 3_600_000;
const WIDTH = 600;
/** Beneath the strip. */
const MOST_LISTED = 4;

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly ok: boolean;
}

/**
 * How a check was from one time to another, without a gap.
 * @param from milliseconds since the epoch; before the first change it was what that one ended
 */
export function segmentsOf(
  { ok, transitions }: Pick<CheckStatus, 'ok' | 'transitions'>,
  from: number,
  to: number,
): readonly Segment[] {
  const [first] = transitions;
  const changes = [
    { at: from, ok: first ? !first.ok : ok },
    ...transitions.map(({ at, ok: isWell }) => ({ at: Date.parse(at), ok: isWell })),
  ];
  return changes.flatMap(({ at, ok: isWell }, index) => {
    const segment = {
      from: Math.max(from, at),
      to: Math.min(to, changes[index + 1]?.at ?? to),
      ok: isWell,
    };
    return segment.to > segment.from ? [segment] : [];
  });
}

/** The last hour as a strip, and the last changes in words. */
export function timeline(
  check: CheckStatus,
  { timestamp, started_at: startedAt }: Pick<Status, 'timestamp' | 'started_at'>,
): Html {
  const to = Date.parse(timestamp);
  const from = Math.max(startedAt === null ? 0 : Date.parse(startedAt), to - SHOWN_MS);
  const scale = WIDTH / Math.max(1, to - from);
  const bars = segmentsOf(check, from, to).map((each) => {
    const x = (each.from - from) * scale;
    // A failure of a moment is seen all the same.
    const width = Math.max(each.ok ? 0 : 3, (each.to - each.from) * scale);
    return html`<rect
      x="${x.toFixed(1)}"
      y="0"
      width="${width.toFixed(1)}"
      height="10"
      class="${each.ok ? 'up' : 'down'}"
    />`;
  });
  const listed = check.transitions.slice(-MOST_LISTED).toReversed();
  return html`<svg
      class="strip"
      viewBox="0 0 ${WIDTH} 10"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      ${bars}
    </svg>
    ${
      listed.length > 0 &&
      html`<ol class="changes">
        ${listed.map(
          ({ at, ok, code }) =>
            html`<li>
              <time datetime="${at}">${timeText(at)}</time>
              ${ok ? 'well again' : html`failed: ${code}`}, ${between(at, timestamp)} ago
            </li>`,
        )}
      </ol>`
    }`;
}
