import type pg from 'pg';
import type { DsnHost } from '@holdfast/guard/dsn';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { withResource } from '@holdfast/core/with-resource';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { writeFile } from '../folder/files.js';
import type { BackupFile, PostgresBackup } from '../manifest.js';
import type { MediaPages } from '../media/media-rows.js';
import { findTool, type PostgresTool } from '../tools/find-tool.js';
import { databaseArgument, libpqAccess } from '../tools/libpq-access.js';
import { runTool, ToolFailed } from '../tools/run-tool.js';
import { actingRole, withActingRole } from './acting-role.js';
import { readBesideRows } from './beside-rows.js';
import { readExtensions, readSettings } from './database-settings.js';
import { readDefinitions } from './definitions.js';
import { readFacts, serverMajor } from './facts.js';
import { digestLargeObjects } from './large-objects.js';
import { readProperties } from './properties.js';
import { readRights } from './rights.js';
import { movedSequences, readSequences } from './sequence-values.js';
import { openSession, qualifyNames } from './session.js';
import { mediaPagesOf } from './media-pages.js';
import { exportSnapshot } from './snapshot.js';
import { readSubscriptions } from './subscriptions.js';
import { digestTables } from './tables.js';
import { readTablespaces } from './tablespaces.js';

export interface DumpedDatabase {
  readonly database: PostgresBackup;
  readonly file: BackupFile;
}

export interface DumpOptions {
  /** Bytes of the dump, by which progress is told. */
  readonly expected: number | undefined;
  /** Is given the rows of the media store, as the dump has them. */
  readonly inSnapshot: ((pages: MediaPages) => Promise<void>) | undefined;
}

/**
 * Backs up a database, all of it as it is at one moment: pg_dump and what the restore is compared with are read
 * in one snapshot.
 * @throws BACKUP_FAILED, BACKUP_TOOL_MISSING, BACKUP_TOOL_TOO_OLD, and the start-up codes
 */
export async function dumpDatabase(
  context: BackupContext,
  database: PostgresSettings,
  folder: string,
  { expected, inSnapshot }: DumpOptions,
): Promise<DumpedDatabase> {
  const client = await openSession(database, context.settings, 'backup');
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const onStop = () => {
    destroyClient(client);
  };
  signal.addEventListener('abort', onStop);
  let acting: string | undefined;
  try {
    acting = await actingRole(client);
    const tool = await findTool('pg_dump', await serverMajor(client), context.tools);
    const snapshot = await exportSnapshot(client);
    const facts = await readFacts(client);
    await inSnapshot?.(await mediaPagesOf(client));
    await qualifyNames(client);
    const described = await inSnapshotOf(snapshot, database, context, readDescription);
    const { sequences } = described;
    const dump = dumpTo(folder, { context, database, client, tool, signal, expected }, snapshot);
    const digests = digestRows(client, signal);
    const ends = [dump, digests].map((each) =>
      each.catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(ends);
    signal.throwIfAborted();
    const file = await dump;
    const sequence_values = movedSequences(sequences, await readSequences(client));
    return {
      file,
      database: {
        type: 'postgresql',
        name: database.name,
        stores: [...database.stores],
        file: file.name,
        ...facts,
        ...described.beside,
        ...(await digests),
        sequence_values,
        ...described.database,
        tool_version: tool.version,
      },
    };
  } catch (error) {
    throw withActingRole(failureOf(database, error), acting);
  } finally {
    signal.removeEventListener('abort', onStop);
    destroyClient(client);
  }
}

/**
 * Reads in a session that ends before the dump begins: of views and sequences, which nobody locks beforehand, it would
 * keep what a dump waits for behind whoever wants to change them.
 */
function inSnapshotOf<T>(
  snapshot: string,
  database: PostgresSettings,
  { settings }: BackupContext,
  read: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withResource(openSession(database, settings, 'backup'), destroyClient, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(snapshot)}`);
    await qualifyNames(client);
    const found = await read(client);
    await client.query('COMMIT');
    return found;
  });
}

/** All that a restore is compared with but for the rows. */
async function readDescription(client: pg.Client) {
  const definitions = await readDefinitions(client);
  const properties = await readProperties(client);
  const rights = await readRights(client);
  const settings = await readSettings(client);
  const extensions = await readExtensions(client);
  const tablespaces = await readTablespaces(client);
  const subscriptions = await readSubscriptions(client);
  const sequences = await readSequences(client);
  return {
    sequences,
    beside: await readBesideRows(client),
    database: {
      extensions,
      tablespaces,
      ...(subscriptions && { subscriptions }),
      properties,
      rights,
      settings,
      definitions,
    },
  };
}

async function digestRows(
  client: pg.Client,
  signal: AbortSignal,
): Promise<Pick<PostgresBackup, 'tables' | 'large_objects_digest'>> {
  const tables = await digestTables(client, signal);
  return { tables, large_objects_digest: await digestLargeObjects(client, signal) };
}

interface Dumping {
  readonly context: BackupContext;
  readonly database: PostgresSettings;
  readonly client: pg.Client;
  readonly tool: PostgresTool;
  readonly signal: AbortSignal;
  readonly expected: number | undefined;
}

async function dumpTo(
  folder: string,
  { context, database, client, tool, signal, expected }: Dumping,
  snapshot: string,
): Promise<BackupFile> {
  // The snapshot is of that server alone.
  const server: DsnHost = { host: client.host, port: client.port };
  const access = await libpqAccess(database, server, 'backup');
  const { child, ended } = runTool(
    tool,
    [
      '--format=custom',
      `--snapshot=${snapshot}`,
      `--lock-wait-timeout=${context.settings.migrationLockTimeoutSeconds}s`,
      '--no-password',
      databaseArgument(database.dsn.database),
    ],
    access,
    signal,
  );
  const step = context.progress.begin(`dump ${database.name}`, expected);
  const named = { name: `${database.name}.dump`, kind: 'pg_dump' } as const;
  if (!child.stdout) throw new TypeError('a program is started with pipes');
  const file = await writeFile(
    folder,
    named,
    child.stdout as AsyncIterable<Buffer>,
    step.bytes,
    context.recipients,
  );
  await ended;
  step.end();
  return file;
}

function failureOf(database: PostgresSettings, error: unknown): unknown {
  if (error instanceof ReasonError) return error;
  if (error instanceof ToolFailed) {
    const detail = `the ${database.name} database: ${error.message}`;
    return new ReasonError('BACKUP_FAILED', { detail, cause: error });
  }
  const failure = databaseFailure(database, error);
  if (isDisconnected(error)) return failure;
  return new ReasonError('BACKUP_FAILED', { detail: failure.message, cause: error });
}
