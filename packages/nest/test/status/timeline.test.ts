import { describe, expect, it } from '@jest/globals';
import { Transitions } from '../../src/health/transitions.js';
import { segmentsOf, timeline } from '../../src/status/timeline.js';
import { between, durationText } from '../../src/status/words.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 29, 3) + seconds * 1000).toISOString();
const down = (seconds: number, code = 'POSTGRES_UNREACHABLE') => ({
  at: at(seconds),
  ok: false,
  code,
});
const up = (seconds: number) => ({ at: at(seconds), ok: true, code: null });
const instant = (seconds: number) => Date.parse(at(seconds));

describe('the segments of a timeline', () => {
  it.each([
    ['what never changed is one', true, [], [[0, 100, true]]],
    ['what has failed from the start is one', false, [], [[0, 100, false]]],
    [
      'a failure that goes on',
      false,
      [down(40)],
      [
        [0, 40, true],
        [40, 100, false],
      ],
    ],
    [
      'a failure that is over',
      true,
      [down(40), up(60)],
      [
        [0, 40, true],
        [40, 60, false],
        [60, 100, true],
      ],
    ],
    ['a change before the first shown moment', true, [down(-90), up(-50)], [[0, 100, true]]],
    [
      'a failure that had begun before it',
      true,
      [down(-90), up(30)],
      [
        [0, 30, false],
        [30, 100, true],
      ],
    ],
    [
      'a failure for another reason',
      false,
      [down(40), down(50, 'POSTGRES_AUTH_FAILED')],
      [
        [0, 40, true],
        [40, 50, false],
        [50, 100, false],
      ],
    ],
  ])('%s', (_name, ok, transitions, expected) => {
    const segments = segmentsOf({ ok, transitions }, instant(0), instant(100));
    expect(segments).toEqual(
      expected.map(([from, to, isWell]) => ({
        from: instant(Number(from)),
        to: instant(Number(to)),
        ok: isWell,
      })),
    );
  });

  it('have no gap, and end now, whatever has happened', () => {
    const transitions = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? down(index * 3 + 1) : up(index * 3 + 1),
    );
    const segments = segmentsOf({ ok: true, transitions }, instant(10), instant(70));
    expect(segments[0]?.from).toBe(instant(10));
    expect(segments.at(-1)?.to).toBe(instant(70));
    for (const [index, { to }] of segments.slice(0, -1).entries())
      expect(segments[index + 1]?.from).toBe(to);
  });
});

describe('a timeline', () => {
  it('shows a failure of a moment, and says in words what has changed, newest first', () => {
    const check = {
      ...{ name: 'db', ok: true, detail: 'connected' },
      transitions: [down(1000), up(1001)],
    };
    const { text } = timeline(check, { timestamp: at(3600), started_at: at(-9000) });
    const [, width = '0'] =
      /width="([\d.]+)" height="10" class="down"/.exec(text.replaceAll(/\s+/g, ' ')) ?? [];
    expect(Number(width)).toBeGreaterThanOrEqual(3);
    const words = text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(words).toMatch(/03:16:41 UTC well again.*03:16:40 UTC failed: POSTGRES_UNREACHABLE/);
  });
});

describe('what is kept of changes', () => {
  it('are the last 20 of each check', () => {
    const transitions = new Transitions();
    for (let index = 0; index < 1000; index += 1) {
      transitions.add('db', index % 2 === 0 ? down(index) : up(index));
    }
    transitions.add('redis', down(1));
    expect(transitions.of('db')).toHaveLength(20);
    expect(transitions.of('db').at(-1)).toEqual(up(999));
    expect(transitions.of('redis')).toEqual([down(1)]);
    expect(transitions.of('login')).toEqual([]);
  });
});

describe('a duration in words', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h 0 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
    expect(between(at(0), new Date(instant(0) + milliseconds).toISOString())).toBe(text);
  });
});
