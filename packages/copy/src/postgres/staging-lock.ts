import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { jittered } from '@holdfast/core/jitter';
import { pipelined } from './pipeline.js';

/** The session of a process that was killed lives until its server has noticed. */
const TIMEOUT_MS = 5000;
const POLL_MS = 100;

const KEY = `hashtextextended('holdfast_copy:' || $1, 0)`;

/** Tries once; the lock dies with the session. */
export async function tryLock(client: pg.Client, schema: string): Promise<boolean> {
  const [answer] = await pipelined(client, [
    { text: `SELECT pg_try_advisory_lock(${KEY}) AS locked`, values: [schema] },
  ]);
  const [row] = (answer?.rows ?? []) as readonly { readonly locked: boolean }[];
  return row?.locked === true;
}

export async function unlock(client: pg.Client, schema: string): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(${KEY})`, [schema]);
}

/**
 * Keeps other copies out of a staging schema.
 * @param ask is sent behind the lock
 * @returns what it answered under the lock
 * @throws COPY_UNDER_WAY, naming the holder
 */
export async function lockStaging<T>(
  client: pg.Client,
  schema: string,
  ask: () => Promise<T>,
): Promise<T> {
  for (let deadline: number | undefined; ;) {
    const locking = tryLock(client, schema);
    const asked = ask();
    await Promise.allSettled([locking, asked]);
    if (await locking) return asked;
    deadline ??= performance.now() + TIMEOUT_MS;
    if (performance.now() >= deadline) throw await underWay(client, schema);
    await wait(jittered(POLL_MS, 0.5, 1.5));
  }
}

async function underWay(client: pg.Client, schema: string): Promise<ReasonError> {
  const { rows } = await client.query<{ pid: number; name: string; seconds: number }>(
    `SELECT a.pid, coalesce(a.application_name, '') AS name,
            coalesce(extract(epoch FROM now() - a.backend_start)::float8, 0) AS seconds
       FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE (l.classid::bigint << 32) | l.objid::bigint = ${KEY}
        AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [schema],
  );
  const [holder] = rows;
  return new ReasonError('COPY_UNDER_WAY', {
    ...(holder && {
      detail: `pid ${holder.pid} (${holder.name}) copies into this schema, connected for ${holder.seconds.toFixed(0)} s`,
    }),
  });
}
