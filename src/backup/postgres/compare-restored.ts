import type pg from 'pg';
import { refuseDifferences } from '../compare.js';
import type { PostgresBackup } from '../manifest.js';
import { readBesideRows, refuseLessBesideRows } from './beside-rows.js';
import { readDefinitions } from './definitions.js';
import { readLedger } from './facts.js';
import { refuseOtherLargeObjects } from './large-objects.js';
import { readProperties } from './properties.js';
import { type PlacedSequence, readSequences, refuseOtherSequences } from './sequence-values.js';
import { qualifyNames } from './session.js';
import { readSubscriptions } from './subscriptions.js';
import { digestTables } from './tables.js';
import { refuseOtherTablespaces } from './tablespaces.js';

/** What is defined in a database, by its names. */
export interface Defined {
  readonly definitions: PostgresBackup['definitions'];
  readonly properties: NonNullable<PostgresBackup['properties']>;
}

/** What a database has of its template, such as extensions, before anything is restored into it. */
export async function readDefined(client: pg.Client): Promise<Defined> {
  await client.query('BEGIN');
  try {
    await qualifyNames(client, true);
    return {
      definitions: await readDefinitions(client),
      properties: await readProperties(client),
    };
  } finally {
    await client.query('ROLLBACK');
  }
}

interface Restored {
  readonly client: pg.Client;
  /** Of the server. */
  readonly major: number;
  /** What the target had: nobody has restored that. */
  readonly before: Defined;
  /** Whether tables are in the tablespaces of the backup. */
  readonly withTablespaces: boolean;
}

/** @throws RESTORE_MISMATCH */
export async function refuseOtherThan(
  backup: PostgresBackup,
  { client, major, before, withTablespaces }: Restored,
  signal: AbortSignal,
): Promise<void> {
  const ledger = await readLedger(client);
  await qualifyNames(client);
  const tables = await digestTables(client, signal);
  const definitions = without(
    // Sequences' values are in the backups of builds that leave clones out.
    await readDefinitions(client, backup.sequence_values === undefined),
    before.definitions,
    backup.definitions,
  );
  const properties =
    backup.properties &&
    without(await readProperties(client), before.properties, backup.properties);
  refuseLessBesideRows(backup, await readBesideRows(client));
  if (backup.sequence_values) refuseOtherSequences(backup.sequence_values, await placesIn(client));
  if (backup.large_objects_digest)
    await refuseOtherLargeObjects(client, backup.large_objects_digest, signal);
  if (backup.tablespaces && withTablespaces)
    await refuseOtherTablespaces(client, backup.tablespaces);
  const subscriptions = backup.subscriptions && (await readSubscriptions(client));
  refuseDifferences(
    backup,
    { tables, ledger, definitions, properties, subscriptions },
    major === Number.parseInt(backup.server_version, 10),
  );
}

async function placesIn(client: pg.Client): Promise<readonly PlacedSequence[]> {
  await client.query('BEGIN');
  const places = await readSequences(client);
  await client.query('COMMIT');
  return places;
}

type Digests = Readonly<Record<string, string>>;

/** @param before left out, but for what is in the backup as well */
function without(found: Digests, before: Digests, backup: Digests): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found).filter(([name]) => name in backup || !(name in before)),
  );
}
