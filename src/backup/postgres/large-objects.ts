import { createHash } from 'node:crypto';
import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';

/** So many bytes of one are read at a time: backups that are there have digests of such parts. */
const PART = 1 << 18;
/** So many are asked for at a time; a server has the part of one of them in its memory. */
const MOST_ASKED = 500;

/** @param at SQL for where it begins */
const partFrom = (at: string): string => `lo_get(oid, ${at}, ${PART})`;

const FIRST_PARTS = `
SELECT oid::text, length(part) AS bytes, encode(sha256(part), 'hex') AS digest
  FROM (SELECT oid FROM pg_largeobject_metadata WHERE oid > $1::oid ORDER BY oid LIMIT ${MOST_ASKED}) AS page
 CROSS JOIN LATERAL (SELECT ${partFrom('0')} AS part OFFSET 0) AS parts ORDER BY page.oid`;

const NEXT_PART = `
SELECT length(part) AS bytes, encode(sha256(part), 'hex') AS digest
  FROM (SELECT $1::oid AS oid) AS one CROSS JOIN LATERAL (SELECT ${partFrom('$2::bigint')} AS part OFFSET 0) AS parts`;

interface Part {
  readonly bytes: number;
  readonly digest: string;
}

/**
 * A digest of all large objects by their numbers, as the session sees them: the server makes one of each part of each,
 * and sends those alone.
 */
export async function digestLargeObjects(client: pg.Client, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  let last = '0';
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await client.query<Part & { oid: string }>(FIRST_PARTS, [last]);
    for (const { oid, bytes, digest } of rows) {
      hash.update(`${oid}\n${digest}\n`);
      if (bytes === PART) await addRest(client, oid, signal, (line) => hash.update(line));
      last = oid;
    }
    if (rows.length < MOST_ASKED) return hash.digest('hex');
  }
}

async function addRest(
  client: pg.Client,
  oid: string,
  signal: AbortSignal,
  add: (line: string) => void,
): Promise<void> {
  for (let at = PART, bytes = PART; bytes === PART; at += PART) {
    signal.throwIfAborted();
    const { rows } = await client.query<Part>(NEXT_PART, [oid, at]);
    const [part] = rows;
    bytes = part?.bytes ?? 0;
    add(`${part?.digest ?? ''}\n`);
  }
}

/** @throws RESTORE_MISMATCH */
export async function refuseOtherLargeObjects(
  client: pg.Client,
  backup: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await digestLargeObjects(client, signal)) === backup) return;
  throw new ReasonError('RESTORE_MISMATCH', {
    detail: 'what is in the large objects is not what was in them',
  });
}
