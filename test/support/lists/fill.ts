import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { dialectOf } from './dialects.js';
import { type Extent, samplesOf } from './samples.js';
import { storeLists } from './store-lists.js';

/**
 * Fills a migrated, empty database and tells its planner. The schema is what it was: on PostgreSQL,
 * indexes and foreign keys are taken away and made again, which is faster than keeping them.
 * @param onTable called with the name of each table that is about to be filled
 */
export async function fill(
  database: SqlDatabase,
  extent: Extent,
  onTable: (table: string) => void = () => undefined,
): Promise<void> {
  await database.transaction(async (sql) => {
    const samples = samplesOf(dialectOf(database), extent);
    for (const { table, columns, select } of storeLists.flatMap(({ lists }) =>
      lists.fillings(samples, extent),
    )) {
      onTable(table);
      const statement = `INSERT INTO ${table} (${columns}) ${select}`;
      if (database.settings.type === 'postgresql') await fillPostgres(sql, table, statement);
      else await sql.run(statement);
    }
  });
}

async function fillPostgres(sql: Sql, table: string, statement: string): Promise<void> {
  await sql.run("SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '256MB'");
  const indexes = await sql.rows<{ name: string; definition: string }>(
    `SELECT CAST(i.indexrelid AS regclass) AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i
      WHERE i.indrelid = CAST(CAST(:table AS text) AS regclass)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
    { table },
  );
  const references = await sql.rows<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE contype = 'f' AND conrelid = CAST(CAST(:table AS text) AS regclass)`,
    { table },
  );
  for (const { name } of references) await sql.run(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const { name } of indexes) await sql.run(`DROP INDEX ${name}`);
  await sql.run(statement);
  for (const { definition } of indexes) await sql.run(definition);
  for (const { name, definition } of references) {
    await sql.run(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  }
  await sql.run(`ANALYZE ${table}`);
}
