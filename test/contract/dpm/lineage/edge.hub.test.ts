import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { DIRECTIONS } from '../../../../src/stores/dpm/lineage/edge.js';
import { SqlLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { type OpenBackend, openBackend } from '../../../support/backends.js';
import { explain, type Statement, watched } from '../../../support/lists/plans.js';

/** Leaves, each with an edge from the hub, one to it, and one to another leaf. */
const LEAVES = 7000;
const EDGES = Array.from({ length: LEAVES }, (_, leaf) => [
  ['hub', `leaf-${leaf}`],
  [`leaf-${leaf}`, 'hub'],
  [`leaf-${leaf}`, `leaf-${(leaf * 7 + 1) % LEAVES}`],
]).flat();

/** Blocks of 8 KiB, of ways down the indexes to a few edges. */
const MOST_BUFFERS = 40;

async function openFilled(backend: 'SQLITE' | 'POSTGRES') {
  const opened = await openBackend(backend);
  const { database } = opened;
  if (!database) throw new Error('the backend has no database');
  const rows = EDGES.map(
    ([source, target], index) =>
      `('edge-${String(index).padStart(8, '0')}', '${source}', 'made', '${target}', '{}', :noon)`,
  );
  await database.transaction(async (sql) => {
    await sql.run(
      `INSERT INTO dpm_lineage_edges (edge_id, source, edge_type, target, metadata, created_at)
       VALUES ${rows.join(', ')}`,
      { noon: '2026-11-21T12:00:00.000000Z' },
    );
    await sql.run('ANALYZE dpm_lineage_edges');
  });
  return { opened, database };
}

describe.each(['SQLITE', 'POSTGRES'] as const)('a walk from a hub on %s', (backend) => {
  let opened: OpenBackend;
  let database: SqlDatabase;
  beforeAll(async () => {
    ({ opened, database } = await openFilled(backend));
  });
  afterAll(() => opened.close());

  it.each(DIRECTIONS)('of a few edges reads a few, %s', async (direction) => {
    const statements: Statement[] = [];
    const lineage = new SqlLineageRepository(watched(database, (each) => statements.push(each)));
    expect(await lineage.walk('hub', direction, 10, 2)).toHaveLength(2);
    await expectFew[backend](database, statements);
  });
});

const expectFew = {
  SQLITE: async (database: SqlDatabase, statements: readonly Statement[]) => {
    const read = await database.read(async (sql) => {
      let rows = 0;
      for (const { text, parameters } of statements) {
        rows += (await sql.rows(text, parameters)).length;
      }
      return rows;
    });
    expect(read).toBeGreaterThanOrEqual(4);
    expect(read).toBeLessThanOrEqual(6);
  },
  POSTGRES: async (database: SqlDatabase, [statement, ...others]: readonly Statement[]) => {
    expect(others).toEqual([]);
    if (!statement) throw new Error('a walk is a statement');
    expect((await explain(database, statement)).buffers).toBeLessThanOrEqual(MOST_BUFFERS);
  },
};
