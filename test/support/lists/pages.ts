import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { type CreatedRange, storedTime } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { EPOCH } from './dialects.js';
import { endOf, middleOf } from './samples.js';
import { type ListCase, PAGE } from './list-case.js';

/** How many rows a filter selects: more than two pages, one, or none. */
type Share = 'many' | 'one' | 'none';

/** A filter, what it selects, and whether that is of one entity. */
export type Filters<Repository extends { list: (filter: never, ...rest: never[]) => unknown }> =
  readonly (readonly [Parameters<Repository['list']>[0], Share, 'entity'?])[];

type List<Filter> = (
  filter: Filter,
  limit: number,
  after?: Position,
) => Promise<readonly unknown[]>;

/**
 * The first page and one in the middle, with and without bounds of time, for each filter.
 * @param what is listed
 * @param rows of the table
 */
export function pages<Filter extends CreatedRange>(
  what: string,
  rows: number,
  filters: readonly (readonly [Filter, Share, 'entity'?])[],
  listOf: (database: SqlDatabase) => { readonly list: List<Filter> },
): readonly ListCase[] {
  const middle = { createdAt: middleOf(rows), id: '~' };
  const [from, to] = [new Date(EPOCH).toISOString(), endOf(rows)].map(storedTime);
  const all = { createdFrom: from, createdTo: to } as CreatedRange;
  return filters.flatMap(([filter, share, entity]): ListCase[] => {
    const of = entity ?? (Object.keys(filter).length === 0 ? 'all' : 'selection');
    const name = [what, ...Object.entries(filter as Readonly<Record<string, unknown>>).flat()].join(
      ' ',
    );
    const onFirst = { many: [PAGE, PAGE], one: [1, 1], none: [0, 0] } as const;
    // What belongs to one entity, or stands once, may be on either side of the middle.
    const amid = share === 'none' ? ([0, 0] as const) : ([0, PAGE] as const);
    return [
      {
        name: `${name}, first page`,
        of,
        ask: (database) => listOf(database).list(filter, PAGE),
        finds: onFirst[share],
      },
      {
        name: `${name}, first page of all of time`,
        of,
        ask: (database) => listOf(database).list({ ...filter, ...all }, PAGE),
        finds: onFirst[share],
      },
      {
        name: `${name}, a page in the middle`,
        of,
        ask: (database) => listOf(database).list(filter, PAGE, middle),
        finds: amid,
      },
      {
        name: `${name}, a page in the middle of all of time`,
        of,
        ask: (database) => listOf(database).list({ ...filter, ...all }, PAGE, middle),
        finds: amid,
      },
    ];
  });
}
