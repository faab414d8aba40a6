import { SqlSampleThingRepository } from '../../../src/stores/sample-things/sample-thing.repository.sql.js';
import type { StoreLists } from './list-case.js';
import { type Filters, pages } from './pages.js';
import { id } from './samples.js';

const FILTERS: Filters<SqlSampleThingRepository> = [[{}, 'many']];

export const lists: StoreLists = {
  fillings: ({ from, createdAt }, { rows }) => [
    {
      table: 'sample_things',
      columns: 'sample_thing_id, text, created_at',
      select: `SELECT ${id('i')}, 'text ' || i, ${createdAt} ${from(rows)}`,
    },
  ],
  cases: ({ rows }) =>
    pages('sample things', rows, FILTERS, (database) => new SqlSampleThingRepository(database)),
};
