import { join } from 'node:path';
import type { DatabaseSettings, PostgresSettings } from '@holdfast/guard/databases';
import { withResource } from '@holdfast/core/with-resource';
import {
  type MigratedStore,
  migrateUp,
  migratorIdentity,
  type MigratorReporter,
  refuseUnsafe,
  statusesOf,
} from '@holdfast/migrate/migrator';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { openSession as openDatabaseSession } from '@holdfast/postgres/sessions/open-session';
import { destroySession } from '@holdfast/postgres/sessions/session';
import { release } from '../release.js';
import type { BackupContext } from './context.js';
import { type StoredBackup, withScratchFolder } from './folder/backup-folder.js';
import type { BackedUpTable, PostgresBackup, SqliteBackup } from './manifest.js';
import type { HeldLock } from './postgres/held-locks.js';
import { type ChosenDatabase, databasesOf, mediaOf, verifiedBackup } from './restore-backup.js';
import { scratchServerFor, verifyingMedia } from './verify-backup.js';

/** A pending migration, as it went on the data of a backup. */
export interface RehearsedMigration {
  readonly store: string;
  readonly migration: string;
  readonly durationMs: number;
  /** None on SQLite, where nobody else writes meanwhile. */
  readonly locks: readonly HeldLock[];
}

/** A table that is not as it was before the migrations. */
export interface ChangedTable {
  readonly table: string;
  /** Rows; null where it was not there. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface RehearsedDatabase {
  readonly name: string;
  readonly restoreSeconds: number;
  readonly migrations: readonly RehearsedMigration[];
  /** Tables that have the same rows as before, value by value. */
  readonly unchanged: number;
  readonly changed: readonly ChangedTable[];
  /** Files of the media store in the backup, which are those of the rows; undefined where it has none. */
  readonly mediaFiles: number | undefined;
}

/** What a rehearsal needs to know of the build. */
export interface Rehearsal {
  readonly stores: readonly MigratedStore[];
  /** Told while a migration goes on. */
  readonly reporter: Omit<MigratorReporter, 'applied'>;
}

type Of<Kind> = Omit<ChosenDatabase, 'backup'> & { readonly backup: Kind };
type Watch = (work: () => Promise<void>) => Promise<readonly HeldLock[]>;

/**
 * Restores every database of a backup aside, applies there what this build has pending, and drops it again.
 * @throws as `verifyBackup` and `migrateUp` do
 */
export async function rehearse(
  context: BackupContext,
  folder: string,
  rehearsal: Rehearsal,
): Promise<readonly RehearsedDatabase[]> {
  const stored = await verifiedBackup(context, folder);
  const rehearsed: RehearsedDatabase[] = [];
  for (const { backup, file } of databasesOf(stored)) {
    context.signal.throwIfAborted();
    const media = mediaOf(stored, backup);
    const beside = media && (await verifyingMedia(context, folder, media));
    const database =
      backup.type === 'sqlite'
        ? await rehearseFile(context, stored, { backup, file, beside }, rehearsal)
        : await rehearseDatabase(context, stored, { backup, file, beside }, rehearsal);
    rehearsed.push({ ...database, mediaFiles: media?.media.files });
  }
  return rehearsed;
}

type Rehearsed = Omit<RehearsedDatabase, 'mediaFiles'>;

async function rehearseFile(
  context: BackupContext,
  stored: StoredBackup,
  chosen: Of<SqliteBackup>,
  rehearsal: Rehearsal,
): Promise<Rehearsed> {
  const { restoreFile, readTables } = await import('./sqlite/restore.js');
  const { name, stores } = chosen.backup;
  return withScratchFolder(stored, async (scratch) => {
    const path = join(scratch, chosen.file.name);
    const began = performance.now();
    await restoreFile(context, path, stored.folder, chosen);
    const restoreSeconds = secondsSince(began);
    const database: DatabaseSettings = { type: 'sqlite', name, stores, path };
    const unseen: Watch = async (work) => {
      await work();
      return [];
    };
    const migrations = await applyEach(context, database, rehearsal, unseen);
    const after = await readTables(path, context.signal);
    return { name, restoreSeconds, migrations, ...compared(chosen.backup.tables, after) };
  });
}

async function rehearseDatabase(
  context: BackupContext,
  { folder }: StoredBackup,
  chosen: Of<PostgresBackup>,
  rehearsal: Rehearsal,
): Promise<Rehearsed> {
  const { restoreDatabase } = await import('./postgres/restore.js');
  const { withScratchDatabase } = await import('./postgres/scratch.js');
  const { withHeldLocks } = await import('./postgres/held-locks.js');
  const { name } = chosen.backup;
  const server = scratchServerFor(context, chosen.backup);
  return withScratchDatabase(context, server, chosen.backup, async (made) => {
    // Another way to migrate leads to the database that is in use.
    const { migrationDsn, ...scratch } = { ...made, name };
    const began = performance.now();
    await restoreDatabase(context, scratch, folder, chosen, false);
    const restoreSeconds = secondsSince(began);
    const migrations = await applyEach(context, scratch, rehearsal, (work) =>
      withHeldLocks(context, scratch, work),
    );
    const after = await readTables(context, scratch);
    return { name, restoreSeconds, migrations, ...compared(chosen.backup.tables, after) };
  });
}

/** One at a time, so that what is seen meanwhile is of that one. */
async function applyEach(
  { settings }: BackupContext,
  database: DatabaseSettings,
  { stores, reporter }: Rehearsal,
  watch: Watch,
): Promise<readonly RehearsedMigration[]> {
  const own = stores.filter((store) => store.database === database.name);
  const { ledger } = await withResource(
    openDatabaseSession(database, settings.pool, 'probe'),
    destroySession,
    (session) => session.inspect(),
  );
  const statuses = statusesOf(own, ledger);
  for (const { store } of own) refuseUnsafe(store, statuses[store]);
  const rehearsed: RehearsedMigration[] = [];
  for (const each of own) {
    const applied = ledger.filter(({ store }) => store === each.store).length;
    for (let count = applied + 1; count <= each.migrations.length; count += 1) {
      const upTo = { ...each, migrations: each.migrations.slice(0, count) };
      const done: Omit<RehearsedMigration, 'locks'>[] = [];
      const locks = await watch(async () => {
        await migrateUp(database, [upTo], settings, migratorIdentity(release), {
          ...reporter,
          applied: ({ store, id, durationMs }) => {
            done.push({ store, migration: id, durationMs });
          },
        });
      });
      rehearsed.push(...done.map((one) => ({ ...one, locks })));
    }
  }
  return rehearsed;
}

async function readTables(
  { settings, signal }: BackupContext,
  database: PostgresSettings,
): Promise<readonly BackedUpTable[]> {
  const { openSession, qualifyNames } = await import('./postgres/session.js');
  const { digestTables } = await import('./postgres/tables.js');
  return withResource(
    openSession(database, settings, 'rehearse'),
    destroyClient,
    async (client) => {
      await qualifyNames(client);
      return digestTables(client, signal);
    },
  );
}

/** The ledger itself has changed, and is no news. */
function compared(before: readonly BackedUpTable[], after: readonly BackedUpTable[]) {
  const was = byName(before);
  const is = byName(after);
  const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => !isOurs(name));
  const changed = names
    .filter((name) => was.get(name)?.digest !== is.get(name)?.digest)
    .map((table) => ({
      table,
      before: was.get(table)?.rows ?? null,
      after: is.get(table)?.rows ?? null,
    }));
  return { unchanged: names.length - changed.length, changed };
}

function byName(tables: readonly BackedUpTable[]): ReadonlyMap<string, BackedUpTable> {
  return new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
}

function isOurs(table: string): boolean {
  return table.includes('.holdfast_');
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
