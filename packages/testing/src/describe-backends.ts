import { BACKENDS, type Backend } from '@holdfast/guard/store-declaration';
import type { Service } from '@holdfast/migrate/service';
import { type MigratedDatabase, openPostgres, openSqlite } from './migrated-database.js';
import { StatementRecorder } from './statement-recorder.js';
import { type NodeTest, runnerOf, type TestRunner } from './test-runner.js';

/** How a port is made on one backend; on one that has a database, in that. */
export interface Implementation<Port, Given extends unknown[], Capability extends string> {
  readonly open: (...given: Given) => Port;
  /** What not every backend can: the cases that need something else are skipped on this one. */
  readonly capabilities?: readonly Capability[];
}

/** A port's implementations, and the tables in which they keep their data. */
export interface Contract<Port, Capability extends string> {
  /** Whose migrations the databases have. */
  readonly service: Service;
  /** Emptied before each case, in this order. */
  readonly tables: readonly string[];
  /** One that is left out is not tested: the service must refuse it. */
  readonly backends: {
    readonly IN_MEMORY?: Implementation<Port, [], Capability>;
    readonly SQLITE?: Implementation<Port, [MigratedDatabase], Capability>;
    readonly POSTGRES?: Implementation<Port, [MigratedDatabase], Capability>;
  };
}

/** What the cases of a contract are given. */
export interface Subject<Port, Capability extends string> {
  readonly backend: Backend;
  /** The port of the case that is running, which starts empty. */
  readonly current: () => Port;
  /** Forgets everything that was stored. */
  readonly empty: () => Promise<Port>;
  /** Cases of what not every backend can: skipped on one that does not declare it. */
  readonly needs: (capability: Capability, cases: () => void) => void;
}

/** The first embedded server of a machine is unpacked and initialised. */
const OPEN_MS = 120_000;

/**
 * Runs one suite against each backend, each on a database of its own that is migrated and removed: a
 * backend is proved by the same cases as the others. The only way to skip a case is a capability that
 * a backend does not declare.
 * @param name of the port
 * @param runner the functions of the test runner: Jest's, Vitest's or those of `node:test`; by default
 * those of the global scope
 */
export function describeBackends<Port, Capability extends string = never>(
  name: string,
  { service, tables, backends }: Contract<Port, Capability>,
  cases: (subject: Subject<Port, Capability>) => void,
  runner?: TestRunner | NodeTest,
): void {
  const { describe, beforeAll, beforeEach, afterAll } = runnerOf(runner);
  for (const backend of BACKENDS.filter((each) => backends[each])) {
    describe(`${name} on ${backend}`, () => {
      const storage = new Storage(backend, service, tables);
      const { capabilities = [] } = backends[backend] ?? {};
      const recorder = backend === 'POSTGRES' ? StatementRecorder.of(service) : undefined;
      let repository: Port | undefined;

      const empty = async (): Promise<Port> => {
        recorder?.pause();
        const opened = await storage.empty();
        recorder?.resume();
        const inSql = backend === 'IN_MEMORY' ? undefined : backends[backend];
        const port = opened ? inSql?.open(opened) : backends.IN_MEMORY?.open();
        if (!port) throw new Error(`${backend} is not open`);
        return port;
      };

      beforeAll(() => storage.open(), OPEN_MS);
      beforeEach(async () => {
        repository = await empty();
      });
      afterAll(async () => {
        await recorder?.write();
        await storage.close();
      }, OPEN_MS);

      cases({
        backend,
        current: () => {
          if (!repository) throw new Error(`${name} is asked for outside a test`);
          return repository;
        },
        empty,
        needs: (capability, needing) => {
          const isThere = capabilities.includes(capability);
          if (isThere) describe(`with ${capability}`, needing);
          else describe.skip(`with ${capability}, which ${backend} does not declare`, needing);
        },
      });
    });
  }
}

/** The database of one backend, or none. */
class Storage {
  #opened: MigratedDatabase | undefined;
  readonly #backend: Backend;
  readonly #service: Service;
  readonly #tables: readonly string[];

  constructor(backend: Backend, service: Service, tables: readonly string[]) {
    this.#backend = backend;
    this.#service = service;
    this.#tables = tables;
  }

  async open(): Promise<void> {
    if (this.#backend === 'IN_MEMORY') return;
    const open = this.#backend === 'SQLITE' ? openSqlite : openPostgres;
    this.#opened = await open(this.#service);
  }

  /** @returns nothing for a backend that has no database */
  async empty(): Promise<MigratedDatabase | undefined> {
    if (this.#backend === 'IN_MEMORY') return undefined;
    const opened = this.#opened;
    if (!opened) throw new Error('the database is not open');
    await opened.database.transaction(async (sql) => {
      for (const table of this.#tables) await sql.run(`DELETE FROM ${table}`);
    });
    return opened;
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
