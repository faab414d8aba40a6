import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { type OpenBackend, openBackend } from '../support/backends.js';

/** Gives the cases the repository of the test that is running, which starts empty. */
export type Current<Port> = () => Port;

/** A port's implementations, and where they keep their data. */
export interface Implementations<Port> {
  /** In the order in which rows can be deleted. */
  readonly tables: readonly string[];
  readonly inMemory: () => Port;
  readonly inSql: (database: SqlDatabase) => Port;
}

/** Runs the cases of a port against each backend, on a database of its own. */
export function contract<Port>(
  port: string,
  { tables, inMemory, inSql }: Implementations<Port>,
  cases: (current: Current<Port>, empty: () => Promise<Port>) => void,
): void {
  describe.each(BACKENDS)(`${port} on %s`, (backend) => {
    let opened: OpenBackend | undefined;
    let repository: Port | undefined;

    /** Forgets everything that was stored. */
    const empty = async (): Promise<Port> => {
      if (!opened) throw new Error('the backend is not open');
      const { database } = opened;
      if (!database) return inMemory();
      await database.transaction(async (sql) => {
        for (const table of tables) await sql.run(`DELETE FROM ${table}`);
      });
      return inSql(database);
    };

    beforeAll(async () => {
      opened = await openBackend(backend);
    });
    beforeEach(async () => {
      repository = await empty();
    });
    afterAll(() => opened?.close());

    cases(() => {
      if (!repository) throw new Error('the repository is asked for outside a test');
      return repository;
    }, empty);
  });
}
