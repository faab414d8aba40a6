import type { Provider, Type } from '@nestjs/common';
import { databaseToken } from '@holdfast/nest/database/database.module';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { KeptAnswers } from './kept-answers.js';
import { MemoryKeptAnswers } from './kept-answers.memory.js';
import { KeyedRequests } from './keyed-requests.js';

/**
 * What a store's module provides for its keyed requests.
 * @param database `StoreBinding.database`
 * @param inSql keeps the answers in a table of the store
 */
export function keyedRequests(
  database: string | undefined,
  inSql: Type<KeptAnswers>,
): readonly Provider[] {
  const answers: readonly Provider[] =
    database === undefined
      ? [MemoryKeptAnswers, { provide: KeptAnswers, useExisting: MemoryKeptAnswers }]
      : [
          {
            provide: KeptAnswers,
            inject: [databaseToken(database)],
            useFactory: (sql: SqlDatabase) => new inSql(sql),
          },
        ];
  return [...answers, KeyedRequests];
}
