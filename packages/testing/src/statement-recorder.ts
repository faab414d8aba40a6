import { mkdirSync, existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readMigrations } from '@holdfast/migrate/migration';
import { statementUses } from '@holdfast/migrate/postgres/compatible/statement-use';
import { storeTables } from '@holdfast/migrate/postgres/schema/store-schema';
import { statementsFile } from '@holdfast/migrate/recorded-statements';
import type { Service } from '@holdfast/migrate/service';
import { listenToStatements } from '@holdfast/postgres/pool/sent-statements';

/** Test files run at the same time, and write the same file. */
const MAX_WAIT_MS = 10_000;
const PAUSE_MS = 20;

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

  /** A statement belongs to the stores whose migrations make one of its tables; others are left out. */
  async write(): Promise<void> {
    this.pause();
    const { stores, migrations } = this.#service;
    for (const { name } of stores) {
      const tables = await storeTables(readMigrations(migrations, name, 'postgres'));
      const own: string[] = [];
      for (const text of this.#texts) {
        const used = (await statementUses([text])).tables;
        if (tables.some((table) => used.has(table))) own.push(text);
      }
      if (own.length > 0) await addTo(statementsFile(this.#folder, name), own);
    }
  }
}

async function addTo(file: string, texts: readonly string[]): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const lock = `${file}.lock`;
  const deadline = Date.now() + MAX_WAIT_MS;
  while (!locked(lock)) {
    if (Date.now() > deadline) throw new Error(`${lock} is there: remove it`);
    await wait(PAUSE_MS);
  }
  try {
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
    const all = [...new Set([...known, ...texts])].sort();
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  } finally {
    rmdirSync(lock);
  }
}

function locked(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
