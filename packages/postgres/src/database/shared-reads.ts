import { GroupedCalls } from './grouped-calls.js';
import type { SqlDatabase } from './sql-database.js';
import type { Parameters } from './statement.js';

type Rows = readonly unknown[];

interface Group {
  readonly calls: GroupedCalls<undefined, Rows>;
  callers: number;
}

/**
 * Reads the same once for all who ask for it while it is being read: two such reads are under way at most, and
 * whoever comes later shares the next one, which begins after all of them have come. Other reads wait for none
 * of this. The idea is the request collapsing of HTTP caches, without the cache.
 */
export class SharedReads {
  readonly #groups = new Map<string, Group>();

  constructor(private readonly database: SqlDatabase) {}

  /** @returns rows that others have, too: to be read, and not to be changed */
  async rows(statement: string, parameters: Parameters): Promise<Rows> {
    const key = `${statement}\n${JSON.stringify(parameters)}`;
    const group = this.#groups.get(key) ?? this.#begin(key, statement, parameters);
    group.callers += 1;
    try {
      return await group.calls.add(undefined);
    } finally {
      group.callers -= 1;
      if (group.callers === 0) this.#groups.delete(key);
    }
  }

  #begin(key: string, statement: string, parameters: Parameters): Group {
    const calls = new GroupedCalls<undefined, Rows>({
      run: (take) =>
        this.database.read(async (sql) => {
          const callers = take();
          const rows = callers.length === 0 ? [] : await sql.rows(statement, parameters);
          return callers.map(() => rows);
        }),
      bytesOf: () => 1,
    });
    const group = { calls, callers: 0 };
    this.#groups.set(key, group);
    return group;
  }
}
