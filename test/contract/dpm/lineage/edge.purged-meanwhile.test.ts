import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Sql, SqlDatabase } from '../../../../src/database/sql-database.js';
import { SqlLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { type OpenBackend, openBackend } from '../../../support/backends.js';
import { edge } from './edge.drafts.js';

/** The database, with a purge just before the first edge is looked for. */
function purgedOnce(database: SqlDatabase): SqlDatabase {
  let purged = false;
  const purgedFirst = (sql: Sql): Sql =>
    Object.assign(Object.create(sql) as Sql, {
      rows: async (...parameters: Parameters<Sql['rows']>) => {
        if (!purged) await sql.run('DELETE FROM dpm_lineage_edges');
        purged = true;
        return sql.rows(...parameters);
      },
    });
  return Object.assign(Object.create(database) as SqlDatabase, {
    transaction: <T>(work: (sql: Sql) => Promise<T>) =>
      database.transaction((sql) => work(purgedFirst(sql))),
  });
}

describe.each(['SQLITE', 'POSTGRES'] as const)('LineageRepository on %s', (backend) => {
  let opened: OpenBackend;
  beforeAll(async () => {
    opened = await openBackend(backend);
  });
  afterAll(() => opened.close());

  it('appends an edge when the one in its way is purged before it can be read', async () => {
    const { database } = opened;
    if (!database) throw new Error('the backend has no database');
    const [first, second] = [edge('a', 'b'), edge('a', 'b')];
    const lineage = new SqlLineageRepository(database);
    expect(await lineage.append(first)).toBeNull();
    expect(await new SqlLineageRepository(purgedOnce(database)).append(second)).toBeNull();
    expect(await lineage.edgesOf('a', 'both', 10)).toStrictEqual([second]);
  });
});
