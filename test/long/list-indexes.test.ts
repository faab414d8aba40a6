import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OpenBackend, openBackend } from '../support/backends.js';
import { fill } from '../support/lists/fill.js';
import type { ListCase, Scope } from '../support/lists/list-case.js';
import { explain, explainSqlite, type Statement, watched } from '../support/lists/plans.js';
import { type Extent, HUNDREDS, MILLION } from '../support/lists/samples.js';
import { listCases } from '../support/lists/store-lists.js';

/**
 * Blocks of 8 KiB: a page of rows, each in a block of its own, and the index on the way to them. A
 * walk goes down an index for every node and every edge.
 */
const MOST_BUFFERS: Readonly<Record<Scope, number>> = {
  all: 200,
  selection: 200,
  entity: 300,
  walk: 1000,
};

/** What belongs to one entity may be sorted. */
const MOST_SORTED = 500;

/** For a machine that is busy with other things. */
const FILLING_MS = 600_000;

interface Filled {
  readonly opened: Required<OpenBackend>;
  readonly ask: (list: ListCase) => Promise<{ rows: number; statements: readonly Statement[] }>;
}

/** A filled database; `ask` tells what a list sends: one statement, but for a walk on SQLite. */
async function openFilled(backend: 'SQLITE' | 'POSTGRES', extent: Extent): Promise<Filled> {
  // A million rows are filled in by one statement.
  const opened = await openBackend(backend, { DB_STATEMENT_TIMEOUT_MS: '600000' });
  const { database } = opened;
  if (!database) throw new Error('the backend has no database');
  await fill(database, extent);
  const statements: Statement[] = [];
  const asked = watched(database, (statement) => statements.push(statement));
  return {
    opened: { ...opened, database },
    ask: async (list) => {
      statements.length = 0;
      const { length: rows } = await list.ask(asked);
      const most = list.of === 'walk' && backend === 'SQLITE' ? Infinity : 1;
      if (statements.length > most) throw new Error('a list is one statement');
      return { rows, statements: [...statements] };
    },
  };
}

describe.each(['POSTGRES', 'SQLITE'] as const)('lists on %s', (backend) => {
  const extent = backend === 'POSTGRES' ? MILLION : HUNDREDS;
  const expectIndexed = { POSTGRES: expectIndexedOnPostgres, SQLITE: expectIndexedOnSqlite }[
    backend
  ];
  let filled: Filled;

  beforeAll(async () => {
    filled = await openFilled(backend, extent);
  }, FILLING_MS);
  afterAll(() => filled.opened.close());

  test.each(listCases(extent))('$name: by an index', (list) => expectIndexed(filled, list));
});

async function expectIndexedOnPostgres({ opened, ask }: Filled, list: ListCase): Promise<void> {
  const { rows, statements } = await ask(list);
  const [fewest, most] = list.finds;
  expect(rows).toBeGreaterThanOrEqual(fewest);
  expect(rows).toBeLessThanOrEqual(most);

  const [statement] = statements;
  if (!statement) throw new Error('a list is a statement');
  const { nodes, buffers } = await explain(opened.database, statement);
  const sorts = nodes.filter((node) => node['Node Type'].endsWith('Sort'));
  const sorted = sorts.flatMap((node) => node.Plans ?? []);
  const faults = [
    ...nodes.filter((node) => node['Node Type'] === 'Seq Scan'),
    ...sorted.filter((node) => node['Actual Rows'] > MOST_SORTED),
    ...(buffers > MOST_BUFFERS[list.of] ? [{ buffers }, ...nodes] : []),
  ];
  expect(faults).toEqual([]);
}

/** SQLite tells no costs; it calls a way through all of a table, even by an index, a SCAN. */
async function expectIndexedOnSqlite({ opened, ask }: Filled, list: ListCase): Promise<void> {
  const { statements } = await ask(list);
  const plans = statements.map((statement) => explainSqlite(opened.database, statement));
  const steps = (await Promise.all(plans)).flat();
  const ofTables = steps.filter((step) => /^(SCAN|SEARCH) ([aepr]|\w+_\w+)\b/.test(step));
  expect(ofTables.length).toBeGreaterThan(0);
  const good = list.of === 'all' ? /^(SEARCH|SCAN) .*USING .*INDEX \w+_by_created/ : /^SEARCH/;
  // The edges of one entity are sorted by the page, for its bound in bytes.
  const maySort = list.of === 'entity' || list.of === 'walk' || list.name.startsWith('edges of ');
  const faults = [
    ...ofTables.filter((step) => !good.test(step)),
    ...steps.filter((step) => step.includes('TEMP B-TREE') && !maySort),
  ];
  expect(faults).toEqual([]);
}
