import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { returnSchema } from '../follow-back/return-sql.js';
import { ReasonError } from '../reasons.js';
import { quoted } from '../sqlite/identifiers.js';
import { withLockRetry, type LockRetryLimits } from './lock-retry.js';
import { restart, type SequenceBefore } from './sequences.js';

/** What a copy did to one table. */
export interface SwitchedTable {
  readonly table: string;
  readonly oid: string;
  readonly created: boolean;
  /** Rows that were there before are in the schema `kept`. */
  readonly kept: boolean;
  readonly rows: number;
  /** Those that wrote the rows: another `xmin` means that somebody else has written since. */
  readonly transactions: readonly string[];
  readonly sequences: readonly SequenceBefore[];
}

/** In the report of a copy: what its undoing needs. */
export interface UndoRecord {
  readonly schema: string;
  readonly schema_created: boolean;
  /** Where the replaced rows are; null when there were none. */
  readonly kept: { readonly schema: string; readonly id: string } | null;
  readonly tables: readonly SwitchedTable[];
}

/**
 * Puts back what was there before a copy, in one transaction.
 * @throws COPY_UNDO_REFUSED when somebody has written to the tables since, or something depends on
 * them; COPY_LOCK_TIMEOUT, COPY_OUTCOME_UNKNOWN
 */
export async function undoCopy(
  client: pg.Client,
  record: UndoRecord,
  patience: LockRetryLimits,
): Promise<void> {
  const { schema, tables, kept } = record;
  const placeOf = ({ table }: SwitchedTable) => `${quoted(schema)}.${quoted(table)}`;
  await withLockRetry(client, patience, async () => {
    for (const table of tables) {
      if ((await oidOf(client, placeOf(table))) !== table.oid)
        throw refusal(`${table.table} is not the table that was copied into`);
    }
    const places = tables.map(placeOf).join(', ');
    if (places !== '') await client.query(`LOCK TABLE ${places} IN ACCESS EXCLUSIVE MODE`);
    for (const table of tables) await refuseWritten(client, placeOf(table), table);
    if (kept) await refuseOtherKept(client, kept);
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(returnSchema(schema))} CASCADE`);
    await dependably(async () => {
      const made = tables.filter(({ created }) => created).map(placeOf);
      if (made.length > 0) await client.query(`DROP TABLE ${made.join(', ')}`);
      const filled = tables.filter(({ created }) => !created);
      if (filled.length > 0) await client.query(`TRUNCATE ${filled.map(placeOf).join(', ')}`);
      await putBack(client, record);
      for (const { sequences } of filled)
        for (const sequence of sequences) await restart(client, sequence);
      if (kept) await client.query(`DROP SCHEMA ${quoted(kept.schema)} CASCADE`);
      if (record.schema_created) await dropWhenEmpty(client, schema);
    });
  });
}

async function oidOf(client: pg.Client, place: string): Promise<string | null> {
  const { rows } = await client.query<{ oid: string | null }>(
    'SELECT to_regclass($1)::oid::text AS oid',
    [place],
  );
  return rows[0]?.oid ?? null;
}

async function refuseWritten(
  client: pg.Client,
  place: string,
  { table, rows: expected, transactions }: SwitchedTable,
): Promise<void> {
  const { rows } = await client.query<{ all: string; ours: string }>(
    `SELECT count(*) AS all, count(*) FILTER (WHERE xmin::text = ANY ($1)) AS ours FROM ${place}`,
    [transactions],
  );
  const { all, ours } = rows[0] ?? {};
  if (Number(all) === expected && Number(ours) === expected) return;
  throw refusal(
    `${table} has been written to since: ${ours} of ${expected} rows are as they were copied, of ${all} that are there`,
  );
}

/** A later copy puts aside what it replaces under the same name. */
async function refuseOtherKept(
  client: pg.Client,
  kept: NonNullable<UndoRecord['kept']>,
): Promise<void> {
  const { rows } = await client.query<{ note: string | null }>(
    `SELECT obj_description(oid, 'pg_namespace') AS note FROM pg_namespace WHERE nspname = $1`,
    [kept.schema],
  );
  if (rows[0]?.note !== `holdfast copy ${kept.id}`)
    throw refusal(`the replaced rows are no longer in the schema ${kept.schema}`);
}

/** In one statement, for the sake of foreign keys, as they came. */
async function putBack(client: pg.Client, { schema, tables, kept }: UndoRecord): Promise<void> {
  const replaced = tables.filter((table) => table.kept);
  if (!kept || replaced.length === 0) return;
  await client.query('SET CONSTRAINTS ALL DEFERRED');
  const parts: string[] = [];
  for (const { table } of replaced) {
    const place = `${quoted(schema)}.${quoted(table)}`;
    const { rows } = await client.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum`,
      [place],
    );
    const listed = rows.map(({ name }) => quoted(name)).join(', ');
    parts.push(`i${parts.length} AS (INSERT INTO ${place} (${listed})
      OVERRIDING SYSTEM VALUE SELECT ${listed} FROM ${quoted(kept.schema)}.${quoted(table)})`);
  }
  await client.query(`WITH ${parts.join(', ')} SELECT 1`);
  await client.query('SET CONSTRAINTS ALL IMMEDIATE');
}

async function dropWhenEmpty(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid
      WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = $1 LIMIT 1`,
    [schema],
  );
  if (rowCount === 0) await client.query(`DROP SCHEMA ${quoted(schema)}`);
}

/** What PostgreSQL refuses is a refusal of the undoing: views, or foreign keys of other tables. */
async function dependably(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const {
      code,
      message = '',
      detail,
    } = error as {
      code?: string;
      message?: string;
      detail?: string;
    };
    if (isDisconnected(error) || code === undefined || !/^(2BP01|0A000|42|23)/.test(code))
      throw error;
    throw refusal([message, detail].filter((part) => part !== undefined).join(': '), error);
  }
}

function refusal(detail: string, cause?: unknown): ReasonError {
  return new ReasonError('COPY_UNDO_REFUSED', { detail, cause });
}
