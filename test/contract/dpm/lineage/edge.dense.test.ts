import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LineageEdge } from '../../../../src/stores/dpm/lineage/edge.js';
import { MemoryLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.memory.js';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import { SqlLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { storedTime } from '@holdfast/core/instant';
import { MemoryKeptAnswers } from '../../../../src/stores/kept-answers.memory.js';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { type OpenBackend, openBackend } from '../../../support/backends.js';
import { edge, NOON } from './edge.drafts.js';

const NODES = Array.from({ length: 60 }, (_, index) => `node-${index}`);
const EDGES = NODES.flatMap((source) =>
  NODES.filter((target) => target !== source).map((target) => edge(source, target)),
);
const START = 'node-7';

/** 3540 edges: stored by one statement where that can be done. */
async function storeAll({ database }: OpenBackend): Promise<LineageRepository> {
  if (!database) {
    const lineage = new MemoryLineageRepository(new MemoryKeptAnswers());
    for (const each of EDGES) await lineage.append(each);
    return lineage;
  }
  const rows = EDGES.map(
    ({ edgeId, source, target }) => `('${edgeId}', '${source}', 'made', '${target}', '{}', :noon)`,
  );
  await database.transaction((sql) =>
    sql.run(
      `INSERT INTO dpm_lineage_edges (edge_id, source, edge_type, target, metadata, created_at)
       VALUES ${rows.join(', ')}`,
      { noon: storedTime(NOON) },
    ),
  );
  return new SqlLineageRepository(database);
}

describe.each(BACKENDS)('a graph in which everything is connected on %s', (backend) => {
  let opened: OpenBackend;
  let lineage: LineageRepository;
  beforeAll(async () => {
    opened = await openBackend(backend);
    lineage = await storeAll(opened);
  });
  afterAll(() => opened.close());

  it.each([
    ['outgoing', ({ source }: LineageEdge) => source === START],
    ['incoming', ({ target }: LineageEdge) => target === START],
    ['both', ({ source, target }: LineageEdge) => [source, target].includes(START)],
  ] as const)('is walked %s ten deep, every edge once', async (direction, isFirst) => {
    expect(await lineage.walk(START, direction, 10, 10_000)).toStrictEqual([
      ...EDGES.filter(isFirst).map((each) => ({ depth: 1, edge: each })),
      ...EDGES.filter((each) => !isFirst(each)).map((each) => ({ depth: 2, edge: each })),
    ]);
  });
});
