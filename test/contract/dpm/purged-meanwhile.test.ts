import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { SqlRunRepository } from '../../../src/stores/dpm/runs/run.repository.sql.js';
import { type OpenBackend, openBackend } from '../../support/backends.js';
import { edge } from './lineage/edge.drafts.js';
import { aRun } from './run.records.js';

const LATER = '2999-01-01T00:00:00.000Z';

/** Something is purged after the next write, before what was in its way can be read. */
function afterNextWrite(database: SqlDatabase, purge: () => Promise<unknown>): void {
  const write = database.write.bind(database);
  jest.spyOn(database, 'write').mockImplementationOnce(async (statement, parameters) => {
    try {
      return await write(statement, parameters);
    } finally {
      await purge();
    }
  });
}

describe.each(['SQLITE', 'POSTGRES'] as const)('what was in the way on %s', (backend) => {
  let opened: OpenBackend;
  let database: SqlDatabase;
  beforeAll(async () => {
    opened = await openBackend(backend);
    if (!opened.database) throw new Error('the backend has no database');
    ({ database } = opened);
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => opened.close());

  it('an edge is appended when the same edge has just been purged', async () => {
    const lineage = new SqlLineageRepository(database);
    const [first, second] = [edge('a', 'b'), edge('a', 'b')];
    expect(await lineage.append(first)).toBeNull();
    afterNextWrite(database, () => lineage.purge(LATER, 10));
    expect(await lineage.append(second)).toBeNull();
    expect(await lineage.edgesOf('a', 'both', 10)).toStrictEqual([second]);
  });

  if (backend === 'SQLITE') return; // There, a run is recorded in one transaction, and alone.

  it.each(['key', 'correlation id', 'identifier'])(
    'a run is recorded when the run with its %s has just been purged',
    async (shared) => {
      const runs = new SqlRunRepository(database);
      const key = { key: 'a-key', bodyHash: 'a'.repeat(64) };
      // What is not in the way is not taken for what was.
      await runs.record(aRun({ createdAt: '2999-06-01T00:00:00.000Z' }), null);
      const first = aRun();
      const second = {
        ...aRun(),
        ...(shared === 'correlation id' && { correlationId: first.correlationId }),
        ...(shared === 'identifier' && { rebalanceRunId: first.rebalanceRunId }),
      };
      await runs.record(first, shared === 'key' ? key : null);
      afterNextWrite(database, () => runs.purge(LATER, 10));
      expect(await runs.record(second, key)).toStrictEqual({ outcome: 'recorded' });
      expect(await runs.find(second.rebalanceRunId)).toStrictEqual(second);
      expect(await runs.keyHistory('a-key')).toMatchObject([
        { outcome: 'RECORDED', rebalanceRunId: second.rebalanceRunId },
      ]);
      await runs.purge(LATER, 10);
    },
  );
});
