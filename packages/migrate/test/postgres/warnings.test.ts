import { describe, expect, it } from '@jest/globals';
import { formatBytes } from '../../src/postgres/locks/format-bytes.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import type { KnownRelation, TableSizes } from '../../src/postgres/locks/table-sizes.js';
import { formatCount, isNoticeable, warnings } from '../../src/postgres/locks/warnings.js';

const column = { modifiers: [], notNull: false, virtual: false };

function relation(table: string, rows: number): KnownRelation {
  return {
    table,
    rows,
    bytes: rows * 100,
    partitions: 0,
    kind: 'r',
    unlogged: false,
    indexOf: null,
    columns: { id: { ...column, type: 'int4' }, note: { ...column, type: 'text' } },
    references: [],
    referencedBy: [],
    parents: [],
  };
}

const SIZES: TableSizes = {
  relations: { large: relation('large', 100_001), small: relation('small', 100_000) },
  functions: { random: { volatile: true, own: false } },
  domains: {},
};

async function warned(sql: string) {
  const statements = await statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
  return warnings(statements, SIZES);
}

describe('warnings', () => {
  it.each([
    ['ALTER TABLE large ADD COLUMN more float DEFAULT random()', 'rewrites', 'in batches'],
    ['ALTER TABLE large ALTER COLUMN id TYPE bigint', 'rewrites', 'new nullable column'],
    ['ALTER TABLE large ALTER COLUMN note SET NOT NULL', 'reads through', 'NOT VALID'],
    ['ALTER TABLE large ADD CHECK (id > 0)', 'reads through', 'NOT VALID'],
    ['ALTER TABLE large ADD FOREIGN KEY (id) REFERENCES small', 'reads through', 'NOT VALID'],
    ['ALTER TABLE small ADD FOREIGN KEY (id) REFERENCES large', 'blocks writes of', 'NOT VALID'],
    ['ALTER TABLE large ADD UNIQUE (note)', 'reads through', 'USING INDEX'],
    ['ALTER TABLE large ADD COLUMN more text', 'blocks reads and writes', 'transaction'],
    ['CREATE INDEX ON large (note)', 'blocks writes', 'CONCURRENTLY'],
    ['VACUUM FULL large', 'rewrites', 'without FULL'],
    ['UPDATE large SET note = NULL', 'writes every row', 'batches'],
    ['DELETE FROM large', 'writes every row', 'batches'],
    ['TRUNCATE large', 'blocks reads and writes', 'transaction'],
  ])('%s', async (sql, action, advice) => {
    const given = await warned(sql);
    expect(given.map(({ table, rows, statement }) => [table, rows, statement.text])).toEqual([
      ['large', 100_001, sql],
    ]);
    expect(given[0]?.text).toContain(action);
    expect(given[0]?.text).toContain('a table of ~100,001 rows');
    expect(given[0]?.text).toContain(advice);
    expect(isNoticeable(given.map(({ statement }) => statement))).toBe(true);
    const small = sql.replace('small', 'other').replace('large', 'small');
    expect(await warned(small)).toEqual([]);
  });

  it.each([
    'CREATE INDEX CONCURRENTLY ON large (note)',
    'ALTER TABLE large VALIDATE CONSTRAINT later',
    'UPDATE large SET note = NULL WHERE id = 1',
    'INSERT INTO large (id) VALUES (1)',
    'SELECT * FROM large',
    'COMMENT ON TABLE large IS NULL',
    'CREATE TABLE other (id integer); CREATE INDEX ON other (id)',
    'ANALYZE large',
  ])('none for %s', async (sql) => {
    expect(await warned(sql)).toEqual([]);
  });
});

describe('sizes for people', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 kB'],
    [340 * 1024 ** 2, '340 MB'],
    [5 * 1024 ** 5, '5120 TB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '~0'],
    [999, '~999'],
    [1000, '~1,000'],
    [1_200_000, '~1,200,000'],
  ])('%d rows are %s', (rows, text) => {
    expect(formatCount(rows)).toBe(text);
  });
});
