import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import fc from 'fast-check';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { Backend } from '@holdfast/guard/store-declaration';
import { describeBackends } from '@holdfast/testing/describe-backends';
import { service } from '../../src/service.js';

declare global {
  /** In memory without a process, the databases with one: see jest.config.js. */
  var contractBackends: readonly Backend[];
}

// What is recorded is the same each time.
if (process.env.RECORD_STATEMENTS) fc.configureGlobal({ seed: 1 });

/** Gives the cases the repository of the test that is running, which starts empty. */
export type Current<Port> = () => Port;

/** A port's implementations, and where they keep their data. */
export interface Implementations<Port> {
  /** In the order in which rows can be deleted. */
  readonly tables: readonly string[];
  readonly inMemory: () => Port;
  readonly inSql: (database: SqlDatabase) => Port;
}

/** Runs the cases of a port against each backend; every one can do all of it. */
export function contract<Port>(
  port: string,
  { tables, inMemory, inSql }: Implementations<Port>,
  cases: (current: Current<Port>, empty: () => Promise<Port>) => void,
): void {
  const sql = { open: ({ database }: { readonly database: SqlDatabase }) => inSql(database) };
  const all = { IN_MEMORY: { open: inMemory }, SQLITE: sql, POSTGRES: sql };
  const backends = Object.fromEntries(contractBackends.map((backend) => [backend, all[backend]]));
  describeBackends<Port>(
    port,
    { service, tables, backends },
    ({ current, empty }) => {
      cases(current, empty);
    },
    { describe, beforeAll, beforeEach, afterAll },
  );
}
