import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type RecordedRoutes,
  routesFile,
  statementKey,
} from '@holdfast/migrate/recorded-statements';
import type { Service } from '@holdfast/migrate/service';
import { listenToStatements } from '@holdfast/postgres/pool/sent-statements';
import { addStatements } from './recorded-files.js';
import { statementsByStore } from './statements-by-store.js';

/**
 * Hears what the routes of a service send to PostgreSQL. The service runs in the process of the test, and nothing else
 * does meanwhile: its requests are sent one after the other, and it has no jobs of its own.
 */
export class RouteRecorder {
  readonly #sent = new Map<string, Set<string>>();
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * Sends a request, and hears what goes to the database until it is answered.
   * @param route such as `GET /orders/{order_id}`
   */
  async during<Answer>(route: string, request: () => Promise<Answer>): Promise<Answer> {
    const texts = this.#sent.get(route) ?? new Set();
    this.#sent.set(route, texts);
    listenToStatements((text) => texts.add(text));
    try {
      return await request();
    } finally {
      listenToStatements(undefined);
    }
  }

  /** By store, each route that sends statements of the store, with the keys of those. Both are sorted. */
  async routes(): Promise<Readonly<Record<string, RecordedRoutes>>> {
    const byStore = await this.#byStore();
    return Object.fromEntries([...byStore].map(([store, own]) => [store, this.#routesOf(own)]));
  }

  /**
   * Writes `<folder>/<store>/routes.json`, and adds what was sent to `statements.json` beside it.
   * @param folder as `RECORD_STATEMENTS` names it
   */
  async write(folder: string): Promise<void> {
    for (const [store, own] of await this.#byStore()) {
      const file = routesFile(folder, store);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(this.#routesOf(own), null, 2)}\n`);
      await addStatements(folder, store, own);
    }
  }

  #byStore(): Promise<ReadonlyMap<string, readonly string[]>> {
    const texts = new Set([...this.#sent.values()].flatMap((each) => [...each]));
    return statementsByStore(this.#service, [...texts]);
  }

  #routesOf(own: readonly string[]): RecordedRoutes {
    const routes = [...this.#sent]
      .map(([route, texts]) => [route, own.filter((text) => texts.has(text))] as const)
      .filter(([, texts]) => texts.length > 0)
      .map(([route, texts]) => [route, texts.map(statementKey).sort()] as const);
    return Object.fromEntries(routes.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }
}
