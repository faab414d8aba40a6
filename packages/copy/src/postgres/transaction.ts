import type pg from 'pg';

/** All of it, or nothing. */
export function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  return wrapInTransaction('BEGIN', client, work);
}

/**
 * The same, without waiting until it is on disk: a server that crashes at once may have lost it, but
 * and with it all that was committed later.
 */
export function inAsynchronousTransaction<T>(
  client: pg.Client,
  work: () => Promise<T>,
): Promise<T> {
  return wrapInTransaction('BEGIN; SET LOCAL synchronous_commit = off', client, work);
}

async function wrapInTransaction<T>(
  begin: string,
  client: pg.Client,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(begin);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // On a connection that is gone it fails too, and the first error tells why.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The number that rows written by the transaction under way have as their `xmin`. */
export async function transactionNumber(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ number: string }>(
    `SELECT (txid_current() % 4294967296)::text AS number`,
  );
  return rows[0]?.number ?? '';
}
