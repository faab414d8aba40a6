import { createHash } from 'node:crypto';
import type pg from 'pg';
import { ReturnJournal } from '../follow-back/return-journal.js';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { withOpenedRetry, type LockRetryLimits } from './lock-retry.js';
import { runGiven } from './given-sql.js';
import { type Answers, pipelined } from './pipeline.js';
import { refuseNonEmpty } from './existing-tables.js';
import { advanceSequences } from './sequences.js';
import { Staging } from './staging.js';
import type { TargetTable } from './target-table.js';
import { numberIn, TRANSACTION_NUMBER, transactionNumber } from './transaction.js';
import type { SwitchedTable, UndoRecord } from './undo.js';

interface SwitchOptions {
  readonly replace: boolean;
  readonly patience: LockRetryLimits;
  /** Is done when the tables that exist have their rows, in the same transaction. */
  readonly settle?: () => Promise<void>;
  /** Is told of an attempt that came to nothing. */
  readonly abandoned?: () => void;
  /** Is done when the tables are in their place, in the same transaction. */
  readonly complete?: () => Promise<void> | undefined;
  /** SQL of the user, before anything in the transaction and after everything. */
  readonly beforeSql: string | undefined;
  readonly afterSql: string | undefined;
  /** Compares a table, where it is now, with what was read. */
  readonly compare: (table: TargetTable, schema: string) => Promise<void>;
  /** Is told at the end, before the commit. */
  readonly beforeCommit: (undo: UndoRecord) => void;
}

/**
 * Shows all of it at once: tables that were made move, those that exist get their rows. Nobody
 * writes to those meanwhile; they can be read until the commit, except with `--replace`.
 * @returns what `undoCopy` needs
 */
export async function switchIn(
  client: pg.Client,
  staging: Staging,
  tables: readonly TargetTable[],
  options: SwitchOptions,
): Promise<UndoRecord> {
  const { replace, patience, settle, abandoned, complete, compare } = options;
  const made = tables.filter(({ created }) => created);
  const filled = tables.filter(({ created }) => !created);
  const isMoved = filled.length === 0 && !settle && options.beforeSql === undefined;
  const showAll = async (opened: Answers) => {
    // What only moves tables is sent behind it.
    const own = isMoved ? '' : numberIn((await opened)[1]);
    await runGiven(client, staging.target, '--before-sql', options.beforeSql, own);
    const { kept, rowsKept } = await makeRoom(client, staging.target, filled, replace);
    await insertRows(client, staging, filled);
    await settle?.();
    const switched: SwitchedTable[] = [];
    for (const table of filled) {
      if (await hasTriggers(client, placeOf(staging.target, table)))
        await compare(table, staging.target);
      switched.push({
        ...identified(table, await client.query(asking(staging.target, table))),
        created: false,
        kept: rowsKept.has(table.name),
        rows: staging.progressOf(table.name).rowsWritten,
        transactions: [own],
        sequences: await advanceSequences(client, placeOf(staging.target, table), table),
      });
    }
    const moving = pipelined(client, [
      ...made.flatMap((table) => [
        `ALTER TABLE ${placeOf(staging.schema, table)} SET SCHEMA ${quoted(staging.target)}`,
        asking(staging.target, table),
      ]),
      Staging.dropping(staging.target),
    ]);
    const [found, number] = await opened;
    const moved = await moving;
    for (const [index, table] of made.entries()) {
      const { rowsWritten, transactions } = staging.progressOf(table.name);
      switched.push({
        ...identified(table, moved[2 * index + 1]),
        created: true,
        kept: false,
        rows: rowsWritten,
        transactions,
        sequences: [],
      });
    }
    await complete?.();
    await runGiven(client, staging.target, '--after-sql', options.afterSql, numberIn(number));
    const undo: UndoRecord = {
      schema: staging.target,
      schema_created: found?.rowCount === 0,
      kept,
      tables: switched,
    };
    options.beforeCommit(undo);
    return undo;
  };
  const opening = [
    { text: 'SELECT 1 FROM pg_namespace WHERE nspname = $1', values: [staging.target] },
    TRANSACTION_NUMBER,
    `CREATE SCHEMA IF NOT EXISTS ${quoted(staging.target)}`,
  ];
  return withOpenedRetry(client, patience, opening, (opened) =>
    showAll(opened).catch((error: unknown) => {
      abandoned?.();
      throw error;
    }),
  );
}

/** Locks what exists; with `--replace` what it holds is put aside. */
async function makeRoom(
  client: pg.Client,
  schema: string,
  filled: readonly TargetTable[],
  replace: boolean,
): Promise<{ readonly kept: UndoRecord['kept']; readonly rowsKept: ReadonlySet<string> }> {
  const rowsKept = new Set<string>();
  if (filled.length === 0) return { kept: null, rowsKept };
  const places = filled.map((table) => placeOf(schema, table)).join(', ');
  const mode = replace ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE';
  await client.query(`LOCK TABLE ${places} IN ${mode} MODE`);
  // Whoever has written since the copy began is found under the lock.
  await refuseNonEmpty(client, schema, filled, replace);
  if (!replace) return { kept: null, rowsKept };
  // What refuses writes since a program has gone back to its file.
  const returned = await ReturnJournal.find(client, schema);
  if (returned?.state.gone_back) await ReturnJournal.remove(client, schema);
  for (const table of filled) {
    const { rowCount } = await client.query(`SELECT 1 FROM ${placeOf(schema, table)} LIMIT 1`);
    if (rowCount !== 0) rowsKept.add(table.name);
  }
  if (rowsKept.size === 0) return { kept: null, rowsKept };
  const kept = `holdfast_undo_${createHash('sha256').update(schema).digest('hex').slice(0, 12)}`;
  const id = await transactionNumber(client);
  await client.query(`DROP SCHEMA IF EXISTS ${quoted(kept)} CASCADE`);
  await client.query(`CREATE SCHEMA ${quoted(kept)}`);
  await client.query(`COMMENT ON SCHEMA ${quoted(kept)} IS ${literal(`holdfast copy ${id}`)}`);
  for (const { name } of filled) {
    if (rowsKept.has(name))
      await client.query(
        `CREATE TABLE ${quoted(kept)}.${quoted(name)} AS TABLE ${quoted(schema)}.${quoted(name)}`,
      );
  }
  await client.query(`TRUNCATE ${places}`);
  return { kept: { schema: kept, id }, rowsKept };
}

/**
 * In one statement, at whose end foreign keys are checked: tables that refer to each other need no
 * order. @throws COPY_ORPHANS; COPY_MISMATCH when a rule or a trigger has left out rows
 */
async function insertRows(
  client: pg.Client,
  staging: Staging,
  filled: readonly TargetTable[],
): Promise<void> {
  if (filled.length === 0) return;
  await client.query('SET CONSTRAINTS ALL DEFERRED');
  const parts = filled.map((table, index) => {
    const listed = table.columns.map((column) => quoted(column.name)).join(', ');
    return `i${index} AS (INSERT INTO ${placeOf(staging.target, table)} (${listed})
      OVERRIDING SYSTEM VALUE SELECT ${listed} FROM ${placeOf(staging.schema, table)} RETURNING 1)`;
  });
  const counts = filled.map((_, index) => `(SELECT count(*) FROM i${index})`);
  const { rows } = await client
    .query<string[]>({
      text: `WITH ${parts.join(', ')} SELECT ${counts.join(', ')}`,
      rowMode: 'array',
    })
    .catch(refuseOrphans);
  await client.query('SET CONSTRAINTS ALL IMMEDIATE').catch(refuseOrphans);
  for (const [index, { name }] of filled.entries()) {
    const count = Number(rows[0]?.[index]);
    const { rowsWritten } = staging.progressOf(name);
    if (count === rowsWritten) continue;
    throw new ReasonError('COPY_MISMATCH', {
      detail: `${name}: the table took ${count} rows of ${rowsWritten}`,
    });
  }
}

/** @throws COPY_ORPHANS for what a foreign key of the target refuses; any other error as it is */
export function refuseOrphans(error: unknown): never {
  const { code, table = '', detail = '' } = error as Partial<Record<string, string>>;
  if (code !== '23503') throw error;
  throw new ReasonError('COPY_ORPHANS', {
    detail: `${table}, which exists and checks its rows: ${detail}`,
    cause: error,
  });
}

/** Those could change what is written. */
async function hasTriggers(client: pg.Client, place: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal
        AND tgenabled <> 'D' AND tgtype & 4 <> 0 LIMIT 1`,
    [place],
  );
  return rowCount !== 0;
}

/** Asks which table it is, whatever it will be called. */
function asking(schema: string, table: TargetTable): pg.QueryConfig {
  return { text: 'SELECT $1::regclass::oid::text AS oid', values: [placeOf(schema, table)] };
}

function identified(table: TargetTable, result: pg.QueryResult | undefined) {
  const [row] = (result?.rows ?? []) as readonly { readonly oid: string }[];
  return { table: table.name, oid: row?.oid ?? '' };
}

function placeOf(schema: string, { name }: TargetTable): string {
  return `${quoted(schema)}.${quoted(name)}`;
}
