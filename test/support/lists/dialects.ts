import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';

/** What the two dialects write differently when they make rows by number. */
export interface Dialect {
  /** A FROM item `n (i)` of the numbers from 1 to `count`. */
  numbers(count: number): string;
  /** A time column's value, `seconds` (an SQL expression) after `EPOCH`. */
  time(seconds: string): string;
}

/** When the oldest rows were created. */
export const EPOCH = Date.UTC(2025, 9, 1);

const postgres: Dialect = {
  numbers: (count) => `generate_series(CAST(1 AS bigint), ${count}) AS n (i)`,
  time: (seconds) => `to_timestamp(${EPOCH / 1000} + ${seconds})`,
};

const sqlite: Dialect = {
  numbers: (count) =>
    `(WITH RECURSIVE counted (i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < ${count})
      SELECT i FROM counted) AS n`,
  time: (seconds) =>
    `strftime('%Y-%m-%dT%H:%M:%S', ${EPOCH / 1000} + ${seconds}, 'unixepoch') || '.000000Z'`,
};

export function dialectOf({ settings }: SqlDatabase): Dialect {
  return settings.type === 'postgresql' ? postgres : sqlite;
}
