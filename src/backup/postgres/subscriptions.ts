import { createHash } from 'node:crypto';
import type pg from 'pg';

/**
 * How the other server is reached, which may have a secret in it, and what a restore does not bring back, since it
 * reaches no other server: nothing of these is told.
 */
const UNTOLD = '{oid,subdbid,subname,subowner,subconninfo,subenabled,subskiplsn,subtwophasestate}';

/**
 * Subscriptions of the database, by what they are, a digest of what is told of them.
 * @returns undefined to another role than a superuser: it may not read them, and its dump has none
 */
export async function readSubscriptions(
  client: pg.Client,
): Promise<Record<string, string> | undefined> {
  const { rows: mine } = await client.query<{ is_superuser: string }>(
    `SELECT current_setting('is_superuser') AS is_superuser`,
  );
  if (mine[0]?.is_superuser !== 'on') return undefined;
  const { rows } = await client.query<{ name: string; told: string }>(
    `SELECT 'subscription ' || quote_ident(subname) AS name,
            jsonb_build_array(to_jsonb(s) - '${UNTOLD}'::text[], to_jsonb(s)->>'subtwophasestate' <> 'd')::text AS told
       FROM pg_subscription s WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
  );
  return Object.fromEntries(
    rows.map(({ name, told }) => [name, createHash('sha256').update(told).digest('hex')]),
  );
}

/** A database with subscriptions cannot be dropped; what they have on the other server stays as it is. */
export async function dropSubscriptions(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(subname) AS name FROM pg_subscription
      WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  for (const { name } of rows) {
    await client.query(`ALTER SUBSCRIPTION ${name} DISABLE`);
    await client.query(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`);
    await client.query(`DROP SUBSCRIPTION ${name}`);
  }
}
