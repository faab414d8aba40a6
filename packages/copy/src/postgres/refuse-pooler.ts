import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import { withResource } from '@holdfast/core/with-resource';

/** A setting that only the session has in which it was made. */
const MARK = 'holdfast.copy_session';

const readMark = async (client: pg.Client): Promise<string | null> => {
  const { rows } = await client.query<{ mark: string | null }>(
    `SELECT current_setting('${MARK}', true) AS mark`,
  );
  return rows[0]?.mark ?? null;
};

/**
 * Settings and locks of a copy belong to its session. A pooler may give every transaction another one:
 * then a second client gets to see what the first has set, or the first does not see it again.
 * @param connect opens the second client
 * @throws COPY_REQUIRES_SESSION
 */
export async function refusePooler(
  client: pg.Client,
  connect: () => Promise<pg.Client>,
): Promise<void> {
  if (!(await isBehindPooler(client))) return;
  const mark = randomUUID();
  await client.query(`SELECT set_config('${MARK}', $1, false)`, [mark]);
  const isShared = await withResource(connect(), destroyClient, async (other) => {
    try {
      await other.query('BEGIN');
      const isMarked = (await readMark(other)) === mark || (await readMark(client)) !== mark;
      await other.query('ROLLBACK');
      return isMarked;
    } catch (error) {
      // A pooler that gives every statement another session ends one that begins a transaction.
      if (!isDisconnected(error)) throw error;
      return true;
    }
  });
  if (isShared) throw new ReasonError('COPY_REQUIRES_SESSION');
}

/** It makes up the process number that it tells its clients at the start. */
async function isBehindPooler(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const { processID } = client as unknown as { readonly processID: number | null };
  return rows[0]?.pid !== processID;
}
