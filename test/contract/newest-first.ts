import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { newestFirst } from './list-model.js';
import { newId } from './new-id.js';

/** Around a bound. */
export const TIMES = [
  '2026-11-21T11:59:59.999Z',
  '2026-11-21T12:00:00.000Z',
  '2026-11-21T12:00:00.001Z',
] as const;

interface Draft {
  readonly createdAt?: string;
  readonly id?: string;
}

/** A list of a port, newest first, and what its contract has to know about it. */
export interface NewestFirst<Stored, Listed, Filter extends CreatedRange> {
  /** Of its items, in the plural. */
  readonly noun: string;
  /** Writes what its items belong to; called before any of them is written. */
  readonly prepare?: () => Promise<void>;
  readonly write: (draft: Draft) => Promise<Stored>;
  /** Changes an item without moving it in the list. */
  readonly change?: (item: Stored) => Promise<Stored>;
  readonly list: (filter: Filter, limit: number, after?: Position) => Promise<readonly Listed[]>;
  /** The model: what the list holds of what is stored, and in which order. */
  readonly selected: (stored: readonly Stored[], filter: Filter) => readonly Listed[];
  readonly positionOf: (item: Listed) => Position;
  readonly filters: {
    /** Two values of each that an item has one of. */
    readonly values: Record<Exclude<keyof Filter, keyof CreatedRange>, readonly [string, string]>;
    /** At each time, items that have all combinations of these values. */
    readonly variants: number;
    readonly writeVariant: (variant: number, createdAt: string) => Promise<Stored>;
    /** How many items the combinations of filters select. */
    readonly sizes: readonly number[];
    /** Those that any text can be given for. */
    readonly texts: readonly (keyof Filter & string)[];
  };
}

const RANGE_VALUES: Required<Record<keyof CreatedRange, readonly [string, string]>> = {
  createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
  createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
};

/** What a range selects of `TIMES`. */
const RANGES: readonly (readonly [string, CreatedRange, readonly string[]])[] = [
  ['from its very time', { createdFrom: '2026-11-21T12:00:00.001000Z' }, [TIMES[2]]],
  ['not from a microsecond later', { createdFrom: '2026-11-21T12:00:00.001001Z' }, []],
  ['from a microsecond before', { createdFrom: '2026-11-21T12:00:00.000999Z' }, [TIMES[2]]],
  ['not to its very time', { createdTo: '2026-11-21T11:59:59.999000Z' }, []],
  ['to a microsecond later', { createdTo: '2026-11-21T11:59:59.999001Z' }, [TIMES[0]]],
  [
    'in the microsecond of its time',
    { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000001Z' },
    [TIMES[1]],
  ],
  [
    'in no time at all',
    { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000000Z' },
    [],
  ],
  [
    'between bounds in the wrong order',
    { createdFrom: '2026-11-21T12:00:00.001000Z', createdTo: '2026-11-21T12:00:00.000000Z' },
    [],
  ],
  [
    'in all of time',
    { createdFrom: '0001-01-01T00:00:00.000000Z', createdTo: '9999-12-31T23:59:59.999999Z' },
    TIMES,
  ],
];

/** In an order that neither UTF-16 nor a collation of a language gives. */
const IDS = [
  'b',
  'a',
  'B',
  'A',
  'ab',
  'a-',
  'a_',
  '10',
  '9',
  'é',
  'z',
  '~',
  ' ',
  '\uFF5E',
  '\u{1F600}',
];

const LIMITS = [1, 2, 5, 8, 22, 23, 24, 1000];

const PAGES_AT_MOST = 1000;

const UNLIMITED = 1000;

/** The contract of every list that is newest first: order, pages, range and filters. */
export function newestFirstCases<Stored, Listed, Filter extends CreatedRange>(
  contract: NewestFirst<Stored, Listed, Filter>,
): void {
  const { noun, list, selected, positionOf, write, filters } = contract;
  const unfiltered = {} as Filter;
  const filterOf = (entries: readonly (readonly [string, string | undefined])[]) =>
    Object.fromEntries(entries) as unknown as Filter;
  const all = (filter = unfiltered) => list(filter, UNLIMITED);
  const idsOf = (items: readonly Listed[]) => items.map((item) => positionOf(item).id);

  /** Follows the list to its end, `limit` at a time. */
  const walk = async (
    limit: number,
    filter = unfiltered,
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<readonly Listed[]> => {
    const found: Listed[] = [];
    let after: Position | undefined;
    for (let pages = 0; pages < PAGES_AT_MOST; pages += 1) {
      const page = await list(filter, limit, after);
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page);
      const last = page.at(-1);
      if (!last) return found;
      after = positionOf(last);
      await between();
    }
    throw new Error('the list does not end');
  };

  const prepare = async () => {
    await contract.prepare?.();
  };

  describe(`order of ${noun}`, () => {
    beforeEach(prepare);

    it('is newest first, whatever was written last', async () => {
      const middle = await write({ createdAt: TIMES[1] });
      const newest = await write({ createdAt: TIMES[2] });
      const oldest = await write({ createdAt: TIMES[0] });
      const changed = contract.change ? await contract.change(oldest) : oldest;
      const expected = [newest, middle, changed].flatMap((item) => selected([item], unfiltered));
      expect(await all()).toStrictEqual(expected);
    });

    it('is by the bytes of the identifier, greatest first, at equal times', async () => {
      for (const id of IDS) await write({ id });
      const expected = IDS.toSorted((one, other) =>
        Buffer.compare(Buffer.from(other), Buffer.from(one)),
      );
      expect(idsOf(await all())).toEqual(expected);
      expect(idsOf(await walk(1))).toEqual(expected);
    });
  });

  describe(`pages of ${noun}`, () => {
    let stored: Stored[];
    beforeEach(async () => {
      await prepare();
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        stored.push(await write({ createdAt: timeOf(index) }));
      }
    });

    /** What was there from the start is found once and in order, and nothing is found twice. */
    const expectEachOnce = (found: readonly Listed[]) => {
      const initial = selected(stored, unfiltered);
      const known = new Set(idsOf(initial));
      expect(new Set(idsOf(found)).size).toBe(found.length);
      expect(found.filter((item) => known.has(positionOf(item).id))).toStrictEqual(initial);
    };

    it.each(LIMITS)('of %d hold each once', async (limit) => {
      expect(await walk(limit)).toStrictEqual(selected(stored, unfiltered));
    });

    it.each<Position>([
      { createdAt: TIMES[1], id: 'zzz' },
      { createdAt: TIMES[1], id: '' },
      { createdAt: '9999-12-31T23:59:59.999Z', id: '' },
      { createdAt: '0001-01-01T00:00:00.000Z', id: '' },
    ])('start after a position where nothing is: %j', async (after) => {
      const behind = selected(stored, unfiltered).filter(
        (item) => newestFirst(after, positionOf(item)) < 0,
      );
      expect(await list(unfiltered, UNLIMITED, after)).toStrictEqual(behind);
    });

    it('neither repeat nor lose one while others are written between them', async () => {
      let turn = 0;
      const found = await walk(3, unfiltered, async () => {
        turn += 1;
        if (turn > 10) return;
        for (const createdAt of TIMES) {
          await write({ createdAt, id: newId('aaa') });
          await write({ createdAt, id: newId('zzz') });
        }
      });
      expectEachOnce(found);
    });

    it('neither repeat nor lose one while others are written at once', async () => {
      const writing = Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          write({ createdAt: timeOf(index), id: newId(index % 2 === 0 ? 'aaa' : 'zzz') }),
        ),
      );
      const walks = await Promise.all([walk(2), walk(3), walk(7)]);
      const written = await writing;
      for (const found of walks) expectEachOnce(found);
      expect(await walk(5)).toStrictEqual(selected([...stored, ...written], unfiltered));
    });
  });

  describe(`filters of ${noun}`, () => {
    const values = { ...filters.values, ...RANGE_VALUES } as Record<string, readonly string[]>;
    const names = Object.keys(values);
    let stored: Stored[];
    beforeEach(async () => {
      await prepare();
      stored = [];
      for (const createdAt of TIMES) {
        for (let variant = 0; variant < filters.variants; variant += 1) {
          stored.push(await filters.writeVariant(variant, createdAt));
        }
      }
    });

    it('alone and combined select what fits all of them', async () => {
      const sizes = new Set<number>();
      for (let mask = 0; mask < 2 ** names.length; mask += 1) {
        const chosen = names.filter((_, index) => (mask >> index) % 2 === 1);
        for (const choice of [0b00, 0b01, 0b10, 0b11]) {
          const filter = filterOf(
            chosen.map((name, index) => [name, values[name]?.[(choice >> (index % 2)) % 2]]),
          );
          const expected = selected(stored, filter);
          expect({ filter, found: await all(filter) }).toStrictEqual({ filter, found: expected });
          sizes.add(expected.length);
        }
      }
      expect([...sizes].toSorted((one, other) => one - other)).toEqual(filters.sizes);
    });

    it('apply to every page', async () => {
      for (const [name, [value]] of Object.entries<readonly string[]>(filters.values)) {
        const filter = filterOf([[name, value]]);
        const expected = selected(stored, filter);
        expect(expected.length).toBeGreaterThan(1);
        expect(await walk(1, filter)).toStrictEqual(expected);
      }
    });

    it.each(RANGES)('select what was created %s', async (_, range, times) => {
      const found = (await all(range as Filter)).map((item) => positionOf(item).createdAt);
      expect([...new Set(found)].toSorted()).toEqual(times);
      expect(found).toHaveLength(times.length * filters.variants);
    });

    it.each(filters.texts)('match whole texts by every byte: %s', async (name) => {
      const [value = ''] = values[name] ?? [];
      expect(await all(filterOf([[name, value]]))).not.toEqual([]);
      for (const text of unlike(value)) {
        const found = await all(filterOf([[name, text]]));
        expect({ text, found }).toEqual({ text, found: [] });
      }
    });
  });
}

function timeOf(index: number): string {
  return TIMES[index % TIMES.length] ?? TIMES[0];
}

/** Texts that a pattern, a collation or a statement made of texts would take for `value`. */
function unlike(value: string): readonly string[] {
  const head = value.slice(0, -1);
  const cases = [value.toUpperCase(), value.toLowerCase()].filter((text) => text !== value);
  return [...cases, 'unknown', head, `${head}_`, `${head}%`, '%', '', `${value} `, `' OR '1'='1`];
}
