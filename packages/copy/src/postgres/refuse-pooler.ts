import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import { isOwnSession } from './session.js';
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
 * Settings and locks belong to a session. A pooler may give every transaction another one: then a second client gets
 * to see what the first has set, or the first does not see it again.
 * @param connect opens the second client
 * @throws COPY_REQUIRES_SESSION
 */
export async function refusePooler(
  client: pg.Client,
  connect: () => Promise<pg.Client>,
): Promise<void> {
  const { rows } = await client.query<{ own: boolean }>(`SELECT ${isOwnSession(client)} AS own`);
  if (rows[0]?.own !== true) await refuseShared(client, connect);
}

/** The same, where it is known that there is something between. */
export async function refuseShared(
  client: pg.Client,
  connect: () => Promise<pg.Client>,
): Promise<void> {
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
