import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { withResource } from '@holdfast/core/with-resource';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import type { PostgresBackup } from '../manifest.js';
import { actingRole, withActingRole } from './acting-role.js';
import { openSession } from './session.js';
import { dropSubscriptions } from './subscriptions.js';

const PREFIX = 'holdfast_scratch_';

/** Whoever works with a scratch database holds this lock, which goes with the session. @param name SQL */
const keyOf = (name: string): string => `hashtextextended(${name}, 0)`;

/** Locks of all databases are told in each. */
const ABANDONED = `
SELECT datname AS name FROM pg_database
 WHERE datname ~ '^${PREFIX}[0-9a-f]{12}$' AND pg_has_role(current_user, datdba, 'MEMBER')
   AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
                      AND (classid::bigint << 32) | objid::bigint = ${keyOf('datname')})`;

const SUBSCRIBED = `
SELECT datname AS name FROM pg_database WHERE datname = $1 AND EXISTS (SELECT FROM pg_subscription WHERE subdbid = pg_database.oid)`;

/**
 * Works with an empty database that is gone afterwards. What runs that were killed have left on the server is
 * dropped first.
 * @param server where it is made; the role has to be allowed to
 * @param backup whose encoding and collation it gets
 * @throws BACKUP_SCRATCH_REFUSED
 */
export async function withScratchDatabase<T>(
  { settings }: BackupContext,
  server: PostgresSettings,
  { locale }: Pick<PostgresBackup, 'locale'>,
  work: (scratch: PostgresSettings) => Promise<T>,
): Promise<T> {
  return withResource(openSession(server, settings, 'verify'), destroyClient, async (client) => {
    const dropIt = (name: string) => drop(client, name, settings, server);
    for (const name of await abandonedIn(client)) await dropIt(name);
    const name = `${PREFIX}${randomBytes(6).toString('hex')}`;
    await client.query(`SELECT pg_advisory_lock(${keyOf('$1')})`, [name]);
    const acting = await actingRole(client);
    await create(client, name, locale).catch((error: unknown) => {
      throw withActingRole(error, acting);
    });
    try {
      return await work(databaseOn(server, name));
    } finally {
      await dropIt(name);
    }
  });
}

function databaseOn(server: PostgresSettings, name: string): PostgresSettings {
  return { ...server, name: 'scratch', dsn: { ...server.dsn, database: name } };
}

async function abandonedIn(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(ABANDONED);
  return rows.map(({ name }) => name);
}

async function drop(
  client: pg.Client,
  name: string,
  settings: BackupContext['settings'],
  server: PostgresSettings,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(SUBSCRIBED, [name]);
  if (rows.length > 0)
    await withResource(
      openSession(databaseOn(server, name), settings, 'verify'),
      destroyClient,
      dropSubscriptions,
    );
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function create(
  client: pg.Client,
  name: string,
  { encoding, provider, collate, ctype, locale }: PostgresBackup['locale'],
): Promise<void> {
  const text = (value: string) => client.escapeLiteral(value);
  const providers: Readonly<Record<string, string>> = {
    i: `LOCALE_PROVIDER icu ICU_LOCALE ${text(locale ?? '')}`,
    b: `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${text(locale ?? '')}`,
  };
  try {
    await client.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING ${text(encoding)}
         LC_COLLATE ${text(collate)} LC_CTYPE ${text(ctype)} ${providers[provider] ?? ''}`,
    );
  } catch (cause) {
    const { message } = cause as Error;
    throw new ReasonError('BACKUP_SCRATCH_REFUSED', {
      detail: `the server says "${message}"`,
      cause,
    });
  }
}
