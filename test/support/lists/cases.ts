import { type CreatedRange, storedTime } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { DIRECTIONS } from '../../../src/stores/dpm/lineage/edge.js';
import type { Stores } from './stores.js';
import { EPOCH } from './dialects.js';
import { endOf, type Extent, idOf, middleOf } from './rows.js';

/** What the services ask for when a page of 50 is wanted. */
export const PAGE = 51;

/** One question to a repository about the rows of `fillings`. */
export interface ListCase {
  readonly name: string;
  readonly ask: (stores: Stores) => Promise<readonly unknown[]>;
  readonly of: Scope;
  /** Fewest and most rows that are found in `MILLION`. */
  readonly finds: readonly [number, number];
}

/**
 * What a list is taken from: all rows, those that a filter selects, the few of one entity (which may
 * be sorted), or what a walk comes along.
 */
export type Scope = 'all' | 'selection' | 'entity' | 'walk';

/** How many rows a filter selects: more than two pages, one, or none. */
type Share = 'many' | 'one' | 'none';

type Filters<Filter extends CreatedRange> = readonly (readonly [Filter, Share, 'entity'?])[];

type List<Filter extends CreatedRange> = (
  stores: Stores,
  filter: Filter,
  limit: number,
  after?: Position,
) => Promise<readonly unknown[]>;

/** Every list that the ports offer: each filter alone, combinations, first page and one amid. */
export function listCases({ rows, packs }: Extent): readonly ListCase[] {
  return [
    ...pages('proposals', rows, PROPOSALS, ({ proposals }, ...of) => proposals.list(...of)),
    ...pages('runs', rows, RUNS, ({ runs }, ...of) => runs.list(...of)),
    ...pages('operations', rows, OPERATIONS, ({ operations }, ...of) => operations.list(...of)),
    ...pages('decisions', rows, DECISIONS, ({ decisions }, ...of) => decisions.list(...of)),
    ...pages('policy packs', packs, PACKS, (stores, ...of) => stores.packs.list(...of)),
    ...edgesOf('hub', PAGE),
    ...edgesOf('node-100', 1),
    ...edgesOf('nobody', 0),
    ...DIRECTIONS.map((direction): ListCase => ({
      name: `walk from a node, ${direction}`,
      of: 'walk',
      ask: ({ lineage }) => lineage.walk('node-1000', direction, 3, PAGE),
      finds: [2, PAGE],
    })),
    {
      name: 'events of a proposal',
      of: 'selection',
      ask: ({ proposals }) => proposals.events(idOf(1)),
      finds: [150, 150],
    },
    {
      name: 'approvals of a proposal',
      of: 'selection',
      ask: async ({ proposals }) => (await proposals.approvals(idOf(1))) ?? [],
      finds: [150, 150],
    },
  ];
}

type FilterOf<Store extends { list: (filter: never, ...rest: never[]) => unknown }> = Parameters<
  Store['list']
>[0];

const PROPOSALS: Filters<FilterOf<Stores['proposals']>> = [
  [{}, 'many'],
  [{ portfolioId: 'pf-house' }, 'many'],
  [{ portfolioId: 'pf-once' }, 'one'],
  [{ portfolioId: 'pf-none' }, 'none'],
  [{ state: 'EXECUTED' }, 'many'],
  [{ state: 'AWAITING_CLIENT_CONSENT' }, 'many'],
  [{ state: 'EXPIRED' }, 'none'],
  [{ createdBy: 'advisor-robot' }, 'many'],
  [{ createdBy: 'advisor-once' }, 'one'],
  [{ createdBy: 'advisor-none' }, 'none'],
  [{ portfolioId: 'pf-house', state: 'EXECUTED' }, 'many'],
  [{ portfolioId: 'pf-house', state: 'DRAFT' }, 'none'],
  [{ portfolioId: 'pf-house', state: 'COMPLIANCE_REVIEW' }, 'none'],
  [{ createdBy: 'advisor-robot', state: 'EXECUTED' }, 'many'],
  [{ createdBy: 'advisor-7', state: 'DRAFT' }, 'many'],
  [{ createdBy: 'advisor-7', state: 'EXPIRED' }, 'none'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot' }, 'many'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-once' }, 'none'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot', state: 'EXECUTED' }, 'many'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot', state: 'REJECTED' }, 'none'],
];

const RUNS: Filters<FilterOf<Stores['runs']>> = [
  [{}, 'many'],
  [{ status: 'READY' }, 'many'],
  [{ status: 'PENDING_REVIEW' }, 'many'],
  [{ portfolioId: 'pf-house' }, 'many'],
  [{ portfolioId: 'pf-once' }, 'one'],
  [{ portfolioId: 'pf-none' }, 'none'],
  [{ requestHash: 'nightly' }, 'many'],
  [{ requestHash: 'none' }, 'none'],
  [{ portfolioId: 'pf-house', status: 'READY' }, 'many'],
  [{ portfolioId: 'pf-house', status: 'BLOCKED' }, 'none'],
  [{ portfolioId: 'pf-house', status: 'PENDING_REVIEW' }, 'none'],
  [{ requestHash: 'nightly', status: 'BLOCKED' }, 'none'],
  [{ requestHash: 'nightly', portfolioId: 'pf-once' }, 'none'],
];

const OPERATIONS: Filters<FilterOf<Stores['operations']>> = [
  [{}, 'many'],
  [{ operationType: 'EXPORT' }, 'many'],
  [{ operationType: 'AUDIT' }, 'one'],
  [{ operationType: 'NONE' }, 'none'],
  [{ status: 'SUCCEEDED' }, 'many'],
  [{ status: 'PENDING' }, 'many'],
  [{ status: 'RUNNING' }, 'none'],
  [{ rebalanceRunId: idOf(1) }, 'many'],
  [{ rebalanceRunId: idOf(1001) }, 'none'],
  [{ operationType: 'EXPORT', status: 'SUCCEEDED' }, 'many'],
  [{ operationType: 'EXPORT', status: 'FAILED' }, 'none'],
  [{ operationType: 'AUDIT', status: 'FAILED' }, 'none'],
  [{ rebalanceRunId: idOf(1), status: 'SUCCEEDED' }, 'many'],
  [{ rebalanceRunId: idOf(1), operationType: 'AUDIT' }, 'none'],
];

const DECISIONS: Filters<FilterOf<Stores['decisions']>> = [
  [{}, 'many'],
  [{ rebalanceRunId: idOf(1) }, 'many', 'entity'],
  [{ rebalanceRunId: 'none' }, 'none', 'entity'],
  [{ action: 'APPROVE' }, 'many'],
  [{ action: 'REQUEST_CHANGES' }, 'many'],
  [{ actorId: 'desk-robot' }, 'many'],
  [{ actorId: 'desk-once' }, 'one'],
  [{ actorId: 'desk-none' }, 'none'],
  [{ reasonCode: 'WITHIN_LIMITS' }, 'many'],
  [{ reasonCode: 'ONCE' }, 'one'],
  [{ reasonCode: 'NONE' }, 'none'],
  [{ actorId: 'desk-robot', action: 'APPROVE' }, 'many'],
  [{ actorId: 'desk-7', action: 'REQUEST_CHANGES' }, 'many'],
  [{ actorId: 'desk-7', reasonCode: 'DRIFT' }, 'many'],
  [{ actorId: 'desk-7', reasonCode: 'NONE' }, 'none'],
  [{ reasonCode: 'DRIFT', action: 'REJECT' }, 'many'],
  [{ reasonCode: 'WITHIN_LIMITS', action: 'REJECT' }, 'none'],
  [{ actorId: 'desk-robot', reasonCode: 'WITHIN_LIMITS', action: 'REJECT' }, 'none'],
  [{ rebalanceRunId: idOf(1), actorId: 'desk-once' }, 'none', 'entity'],
];

const PACKS: Filters<FilterOf<Stores['packs']>> = [
  [{}, 'many'],
  [{ appliesTo: 'PORTFOLIO' }, 'many'],
  [{ appliesTo: 'DEFAULT' }, 'one'],
  [{ targetId: 'target-5' }, 'one', 'entity'],
  [{ targetId: 'target-0' }, 'none', 'entity'],
  [{ appliesTo: 'PORTFOLIO', targetId: 'target-5' }, 'one', 'entity'],
  [{ appliesTo: 'TENANT', targetId: 'target-5' }, 'none', 'entity'],
];

function pages<Filter extends CreatedRange>(
  what: string,
  rows: number,
  filters: Filters<Filter>,
  list: List<Filter>,
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
        ask: (stores) => list(stores, filter, PAGE),
        finds: onFirst[share],
      },
      {
        name: `${name}, first page of all of time`,
        of,
        ask: (stores) => list(stores, { ...filter, ...all }, PAGE),
        finds: onFirst[share],
      },
      {
        name: `${name}, a page in the middle`,
        of,
        ask: (stores) => list(stores, filter, PAGE, middle),
        finds: amid,
      },
      {
        name: `${name}, a page in the middle of all of time`,
        of,
        ask: (stores) => list(stores, { ...filter, ...all }, PAGE, middle),
        finds: amid,
      },
    ];
  });
}

function edgesOf(entity: string, atLeast: number): readonly ListCase[] {
  return DIRECTIONS.map((direction) => ({
    name: `edges of ${entity}, ${direction}`,
    of: direction === 'both' ? 'entity' : 'selection',
    ask: ({ lineage }) => lineage.edgesOf(entity, direction, PAGE),
    finds: [atLeast, atLeast === 0 ? 0 : PAGE],
  }));
}
