import type pg from 'pg';
import { literal } from '../sqlite/identifiers.js';
import { settled } from './pipeline.js';

/**
 * Rows that a policy would hide are an error: nothing is taken for empty, and nothing replaced unseen.
 * Values are written and read back in one form. What is asked of a table is asked once: compiling it takes longer than
 * it saves.
 */
const SETTINGS = {
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  row_security: 'off',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  extra_float_digits: '1',
  bytea_output: 'hex',
  jit: 'off',
  quote_all_identifiers: 'off',
};

/** Of these, those that the server knows. */
const NEWER_SETTINGS = { idle_session_timeout: '0', transaction_timeout: '0' };

/** What all sessions together may take of the server's memory while it sorts keys: those of some millions of rows. */
const KEY_MEMORY_KIB = 256 * 1024;

export interface SessionLimits {
  /** Sessions that make keys at the same time. */
  readonly sessions: number;
  readonly lockTimeoutSeconds: number;
}

/** SQL: a pooler makes up the process number that it tells its clients at the start. */
export function isOwnSession(client: pg.Client): string {
  const { processID } = client as unknown as { readonly processID: number | null };
  return `pg_backend_pid() = ${Number(processID)}`;
}

/**
 * Makes the settings of a copy, in one round trip.
 * @param condition SQL: else nothing is set
 * @returns whether it held
 */
export async function setSession(
  client: pg.Client,
  limits: SessionLimits,
  condition: string,
): Promise<boolean> {
  const [held, needed] = await settled(client, [
    `SELECT ${condition} AS held`,
    settingSql(limits, condition),
    // Not every server's system can tell; there a session outlives its client by a statement.
    `SELECT set_config('client_connection_check_interval', '1s', false) WHERE ${condition}`,
  ]);
  if (held?.status === 'rejected') throw held.reason;
  if (needed?.status === 'rejected') throw needed.reason;
  const [row] = (held?.value.rows ?? []) as readonly { readonly held: boolean }[];
  return row?.held === true;
}

/** A server that can compress faster does, and one that gives more memory by itself does so. */
function settingSql({ sessions, lockTimeoutSeconds }: SessionLimits, condition: string): string {
  const all = { ...SETTINGS, lock_timeout: `${lockTimeoutSeconds}s` };
  const values = Object.entries(all).map((pair) => `(${pair.map(literal).join(', ')})`);
  const newer = Object.entries(NEWER_SETTINGS).map((pair) => `(${pair.map(literal).join(', ')})`);
  const memory = Math.floor(KEY_MEMORY_KIB / sessions);
  return `
SELECT set_config(name, value, false) FROM (VALUES ${values.join(', ')}) AS given (name, value)
 WHERE ${condition}
UNION ALL
SELECT set_config(name, value, false) FROM (VALUES ${newer.join(', ')}) AS given (name, value)
  JOIN pg_settings USING (name) WHERE ${condition}
UNION ALL
SELECT set_config(name, 'lz4', false) FROM pg_settings
 WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals) AND ${condition}
UNION ALL
SELECT set_config(name, '${memory}kB', false) FROM pg_settings
 WHERE name = 'maintenance_work_mem' AND setting::bigint < ${memory} AND ${condition}`;
}
