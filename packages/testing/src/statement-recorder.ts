import type { Service } from '@holdfast/migrate/service';
import { listenToStatements } from '@holdfast/postgres/pool/sent-statements';
import { addStatements } from './recorded-files.js';
import { statementsByStore } from './statements-by-store.js';

/**
 * Records what the ports of a service send to PostgreSQL while their contract runs, where `RECORD_STATEMENTS`
 * names the folder for it: `<folder>/<store>/statements.json`, which is added to.
 */
export class StatementRecorder {
  readonly #texts = new Set<string>();
  readonly #service: Service;
  readonly #folder: string;

  private constructor(service: Service, folder: string) {
    this.#service = service;
    this.#folder = folder;
  }

  /** Undefined where nothing is to be recorded. */
  static of(service: Service): StatementRecorder | undefined {
    const folder = process.env.RECORD_STATEMENTS;
    return folder ? new StatementRecorder(service, folder) : undefined;
  }

  resume(): void {
    listenToStatements((text) => this.#texts.add(text));
  }

  /** What a test does around its cases is not what the build sends. */
  pause(): void {
    listenToStatements(undefined);
  }

  /** What is of no store is left out. */
  async write(): Promise<void> {
    this.pause();
    const byStore = await statementsByStore(this.#service, [...this.#texts]);
    for (const [store, own] of byStore) await addStatements(this.#folder, store, own);
  }
}
