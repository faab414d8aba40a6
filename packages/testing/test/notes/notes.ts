import { fileURLToPath } from 'node:url';
import { storeNamed } from '@holdfast/guard/define-store';
import type { DataSource } from 'typeorm';

export const service = {
  stores: [storeNamed('notes')],
  release: { name: 'notes', version: '1.0.0' },
  migrations: fileURLToPath(new URL('migrations', import.meta.url)),
};

/** A port as an application has one. */
export interface Notes {
  add(id: string, body: string): Promise<void>;
  count(): Promise<number>;
}

export class MemoryNotes implements Notes {
  readonly #notes = new Map<string, string>();

  add(id: string, body: string): Promise<void> {
    if (this.#notes.has(id)) return Promise.reject(new Error('is there'));
    this.#notes.set(id, body);
    return Promise.resolve();
  }

  count(): Promise<number> {
    return Promise.resolve(this.#notes.size);
  }
}

/** Breaks the contract. */
export class ForgetfulNotes extends MemoryNotes {
  override add(id: string, body: string): Promise<void> {
    return super.add(id, body).catch(() => undefined);
  }
}

export class SqlNotes implements Notes {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async add(id: string, body: string): Promise<void> {
    await this.#dataSource
      .createQueryBuilder()
      .insert()
      .into('notes')
      .values({ id, body })
      .execute();
  }

  async count(): Promise<number> {
    const all = await this.#dataSource
      .createQueryBuilder()
      .select('id')
      .from('notes', 'notes')
      .getRawMany();
    return all.length;
  }
}
