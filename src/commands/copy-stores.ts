import { resolve } from 'node:path';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import { readLedger } from '@holdfast/postgres/sqlite/sqlite-session';
import { refuseUnmigrated } from '@holdfast/migrate/migrator';
import { ReasonError } from '../reasons.js';
import type { StoredRecord } from '../stores/newest-records.js';
import { registeredStores } from '../stores/registry.js';
import type { SourceDatabase } from '@holdfast/copy/sqlite/source-database';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { verifyMigrated } from './migrate-databases.js';
import { migratedStores } from '../service.js';

/**
 * The stores whose tables a file of Holdfast's own holds; undefined for any other file.
 * @throws MIGRATIONS_PENDING and its like when a store, in the file or in the target, is not at head
 */
export async function storesOf(
  { settings }: CommandContext,
  { connection }: SourceDatabase,
  target: PostgresSettings,
): Promise<readonly string[] | undefined> {
  const ledger = readLedger(connection);
  if (!ledger) return undefined;
  await verifyMigrated(settings, target);
  const inFile = settings.stores.filter(
    ({ store, database }) =>
      database === target.name && ledger.some((entry) => entry.store === store),
  );
  const asInFile = inFile.map((each) => ({ ...each, backend: 'SQLITE' as const }));
  refuseUnmigrated(migratedStores(asInFile), ledger);
  return inFile.map(({ store }) => store);
}

/**
 * Loads the newest records of each store from both sides, as the service would, and compares them.
 * @param schema where the copied tables are
 * @returns how many were compared
 * @throws COPY_MISMATCH, naming the first that differs
 */
export async function compareStores(
  { settings, log }: CommandContext,
  stores: readonly string[],
  file: string,
  target: PostgresSettings,
  schema: string,
): Promise<number> {
  const source = {
    name: 'source',
    type: 'sqlite',
    stores: target.stores,
    path: resolve(file),
    readOnly: true,
  } as const;
  const one = await openDatabase(source, settings, log);
  try {
    const other = await openDatabase({ ...target, searchPath: schema }, settings, log);
    try {
      let compared = 0;
      for (const { name, newestRecords } of registeredStores) {
        if (!stores.includes(name) || !newestRecords) continue;
        const read = await newestRecords();
        compared += await compareRecords(read(one.sql), read(other.sql));
      }
      return compared;
    } finally {
      await other.close();
    }
  } finally {
    await one.close();
  }
}

/** Both come in the same order. */
async function compareRecords(
  source: AsyncIterable<StoredRecord>,
  target: AsyncIterable<StoredRecord>,
): Promise<number> {
  const others = target[Symbol.asyncIterator]();
  let compared = 0;
  for await (const record of source) {
    const other = await others.next();
    const found = other.done === true ? undefined : other.value;
    if (JSON.stringify(found) !== JSON.stringify(record)) throw differs(record);
    compared += 1;
  }
  const left = await others.next();
  if (left.done !== true) throw differs(left.value);
  return compared;
}

function differs({ kind, id }: StoredRecord): ReasonError {
  return new ReasonError('COPY_MISMATCH', {
    detail: `the ${kind} ${id} is not the same when it is loaded from both sides`,
  });
}
