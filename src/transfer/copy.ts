import { createHash } from 'node:crypto';
import type pg from 'pg';
import { isDisconnected } from '../database/faults.js';
import { ReasonError } from '../reasons.js';
import { CopiedTable, type CopyWork } from './copied-table.js';
import type { CopyReport, Orphans, Verification } from './report.js';
import type { RejectedRow } from './rows/convert-rows.js';
import type { ColumnRule } from './rule.js';
import { readContent } from './source/contents.js';
import { readOrphans } from './source/orphans.js';
import { readTables, type SourceTables } from './source/read-tables.js';
import type { SourceDatabase } from './source/source-database.js';
import type { SourceForeignKey, SourceTable } from './source/source-table.js';
import { addAttempts } from './target/attempts.js';
import { compressFast } from './target/compression.js';
import { type Definition, defineTable } from './target/definition.js';
import { refuseFilled, setSequence } from './target/existing.js';
import { alignKeyTypes } from './target/key-types.js';
import { refuseNames, RelationNames } from './target/names.js';
import { planTable, readExisting } from './target/plan-tables.js';
import { type CopyIdentity, STATE_TABLE } from './target/progress.js';
import { refusalOf } from './target/refusal.js';
import { Staging } from './target/staging.js';
import { switchIn } from './target/switch.js';
import type { LockPatience } from './target/at-once.js';
import type { Note, TargetTable } from './target/target-table.js';
import { inTransaction } from './target/transaction.js';
import type { UndoRecord } from './target/undo.js';
import { verifyLinks } from './verify/links.js';

export interface CopyOptions {
  /** For the report. */
  readonly sourceName: string;
  readonly schema: string;
  /** Names of tables; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly exclude: readonly string[];
  readonly rules: readonly ColumnRule[];
  readonly verify: Verification;
  readonly replace: boolean;
  readonly onReject: 'fail' | 'list';
  readonly onOrphan: 'fail' | 'not-valid';
  readonly dryRun: boolean;
  /** Continue what was interrupted, if anything was. */
  readonly resume: boolean;
  /** Whether tables that do not exist are made. */
  readonly mayCreate: boolean;
  /** Looks at what is about to be switched in, in its schema. */
  readonly beforeSwitch: (schema: string, report: CopyReport) => Promise<void>;
  readonly patience: LockPatience;
  /** Ends the copy with its reason; what is loaded is kept for `resume`. */
  readonly signal: AbortSignal;
}

/** Is told how far a copy is. */
export interface CopyListener {
  readonly tableBegins: (table: string, rows: number) => void;
  readonly rowsRead: (table: string, rows: number, bytes: number) => void;
  readonly tableEnds: (table: string) => void;
  /** Is told every row that is left out. */
  readonly rejected: (row: RejectedRow) => void;
}

/** Rejects that are kept one by one; beyond them they are counted. */
const MOST_REJECTS = 10_000;

/** After these, and after a connection that was lost, what is loaded is kept for `resume`. */
const KEPT_AFTER = ['COPY_STOPPED', 'COPY_LOCK_TIMEOUT', 'COPY_OUTCOME_UNKNOWN'];

/**
 * Copies a database: it is loaded aside, verified, and switched in by one transaction. When it
 * fails, the target is as it was.
 * @throws COPY_TABLE_UNKNOWN, COPY_NAME_UNUSABLE, COPY_TARGET_DIFFERS, COPY_TARGET_NOT_EMPTY,
 * COPY_ROWS_REJECTED, COPY_ORPHANS, COPY_MISMATCH, COPY_UNDER_WAY, COPY_SOURCE_CHANGED,
 * COPY_RESUME_DIFFERS, COPY_LOCK_TIMEOUT, COPY_OUTCOME_UNKNOWN, the reason of the signal; or the
 * driver's
 */
export async function copyDatabase(
  source: SourceDatabase,
  client: pg.Client,
  options: CopyOptions,
  listener: CopyListener,
): Promise<CopyReport> {
  const started = performance.now();
  const { dryRun, signal } = options;
  if (!dryRun) await Staging.lock(client, options.schema);
  const { tables, skipped } = chosenTables(source, options);
  const existing = await readExisting(client, options.schema);
  const planned = tables.map((table) =>
    planTable(table, readContent(source.connection, table), existing, options.rules),
  );
  if (!options.mayCreate) refuseMissing(planned);
  const schema = dryRun ? options.schema : Staging.nameFor(options.schema);
  const made = alignKeyTypes(planned.filter(({ created }) => created));
  const all = [...made, ...planned.filter(({ created }) => !created)];
  refuseRules(options.rules, tables);
  refuseNames(made, existing.names);
  const names = new RelationNames([...existing.names, ...sourceNames(tables)]);
  const definitions = made.map((table) => defineTable(table, schema, made, names));
  const orphans = readOrphans(source.connection, tables);
  const notes = definitions.flatMap((definition) => definition.notes);
  const rejects: RejectedRow[] = [];
  const work: CopyWork = {
    source,
    verification: options.verify,
    listener,
    rejected: (row) => {
      listener.rejected(row);
      if (rejects.length < MOST_REJECTS) rejects.push(row);
    },
    signal,
  };
  const reportOf = (
    copies: readonly CopiedTable[],
    resumed: boolean,
    undo: UndoRecord | null,
  ): CopyReport => ({
    source: options.sourceName,
    schema: options.schema,
    dry_run: dryRun,
    resumed,
    verify: options.verify,
    tables: copies.map((copied) => copied.report()),
    rejects,
    orphans,
    skipped,
    notes,
    sql: definitions.flatMap(({ create, keys, attempts, generated, foreignKeys }) => [
      create,
      ...keys,
      ...attempts.map(({ sql }) => sql),
      ...generated.flatMap(({ sql, indexes }) => [sql, ...indexes.map((index) => index.sql)]),
      ...foreignKeys.map(({ sql }) => sql),
    ]),
    seconds: (performance.now() - started) / 1000,
    undo,
    retired_source: null,
  });
  const copies = all.map((table) => new CopiedTable(work, table));
  if (dryRun) {
    for (const copied of copies) await copied.judge();
    return reportOf(copies, false, null);
  }
  if (orphans.length > 0 && options.onOrphan === 'fail') throw orphaned(orphans);
  if (options.resume && !(await Staging.isThere(client, options.schema))) {
    const there = await alreadyThere(client, options, all, work);
    if (there) return reportOf(there, true, null);
  }
  await refuseFilled(client, options.schema, all, options.replace);
  const identity = identityOf(source, options, all, definitions);
  await compressFast(client);
  const staging = await Staging.open(client, options.schema, identity, options.resume);
  try {
    await fill(client, source, staging, copies, definitions, notes);
    if (rejects.length > 0 && options.onReject === 'fail') throw rejected(rejects, copies);
    for (const copied of copies) await copied.verify(client, staging.schema);
    if (!(await staging.isLinked())) await link(client, staging, definitions, made, orphans);
    await verifyLinks(client, staging.schema, made, linkCounts(definitions, orphans));
    await options.beforeSwitch(staging.schema, reportOf(copies, staging.resumed, null));
    signal.throwIfAborted();
    const undo = await switchIn(client, staging, all, {
      replace: options.replace,
      patience: options.patience,
      compare: async (table, place) => {
        await copies.find((copied) => copied.table === table)?.verifyAgain(client, place);
      },
    });
    return reportOf(copies, staging.resumed, undo);
  } catch (error) {
    // The statement that a signal has cancelled says so in its own way.
    const reason: unknown =
      signal.aborted && !(error instanceof ReasonError) ? signal.reason : error;
    // On a connection that is gone it fails too, and the first error tells why.
    if (!isKept(reason)) await staging.drop().catch(() => undefined);
    throw reason;
  }
}

function isKept(error: unknown): boolean {
  return error instanceof ReasonError ? KEPT_AFTER.includes(error.code) : isDisconnected(error);
}

/**
 * A copy that was killed at its very end may have been switched in, and only not told so: then the
 * tables have exactly the rows of the source.
 */
async function alreadyThere(
  client: pg.Client,
  { schema }: CopyOptions,
  tables: readonly TargetTable[],
  work: CopyWork,
): Promise<readonly CopiedTable[] | undefined> {
  if (tables.length === 0 || tables.some(({ created }) => created)) return undefined;
  const isEmpty = await refuseFilled(client, schema, tables, false).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ReasonError) return false;
      throw error;
    },
  );
  if (isEmpty) return undefined;
  const rejects: RejectedRow[] = [];
  const judging: CopyWork = {
    ...work,
    verification: 'full',
    rejected: (row) => {
      rejects.push(row);
    },
  };
  const copies = tables.map((table) => new CopiedTable(judging, table));
  for (const copied of copies) {
    await copied.judge();
    if (!(await copied.isIn(client, schema))) return undefined;
  }
  for (const row of rejects) work.rejected(row);
  return copies;
}

function refuseMissing(tables: readonly TargetTable[]): void {
  const missing = tables.filter(({ created }) => created).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new ReasonError('COPY_TARGET_DIFFERS', {
    detail: `the target has no tables ${missing.join(', ')}: they belong to a store that is turned off or on another database, or are not Holdfast's`,
  });
}

/** What an interrupted copy has to have in common with the one that continues it. */
function identityOf(
  { fingerprint }: SourceDatabase,
  { schema, verify, onReject, replace }: CopyOptions,
  tables: readonly TargetTable[],
  definitions: readonly Definition[],
): CopyIdentity {
  const plan = {
    schema,
    verify,
    onReject,
    replace,
    definitions,
    tables: tables.map(({ name, created, columns }) => ({
      name,
      created,
      columns: columns.map((column) => [column.source.name, column.name, column.type, column.unit]),
    })),
  };
  return {
    source: fingerprint,
    plan: createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
  };
}

async function fill(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  copies: readonly CopiedTable[],
  definitions: readonly Definition[],
  notes: Note[],
): Promise<void> {
  for (const copied of copies) {
    const { name } = copied.table;
    const definition = definitions.find(({ table }) => table === name);
    await copied.load(client, staging, definition?.create);
    if (!definition) continue;
    if (!staging.progressOf(name).keyed)
      await finish(client, source, staging, copied.table, definition);
    notes.push(...staging.progressOf(name).notes);
  }
}

/** What a table gets when its rows are there. */
function finish(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  table: TargetTable,
  definition: Definition,
): Promise<void> {
  return inTransaction(client, async () => {
    await addKeys(client, definition);
    const notes = await addAttempts(client, staging.schema, source, table, definition);
    await staging.save(table.name, { ...staging.progressOf(table.name), keyed: true, notes });
  });
}

/** @throws COPY_REFUSED naming the table */
async function addKeys(client: pg.Client, { table, keys }: Definition): Promise<void> {
  for (const sql of keys) {
    await client.query(sql).catch((error: unknown) => {
      throw refusalOf(table, error);
    });
  }
}

/** Foreign keys, when all rows and all keys are there; and where numbers go on. */
async function link(
  client: pg.Client,
  staging: Staging,
  definitions: readonly Definition[],
  made: readonly TargetTable[],
  orphans: readonly Orphans[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const { table, foreignKeys } of definitions) {
      for (const { key, sql } of foreignKeys) {
        const text = isBroken(table, key, orphans) ? `${sql} NOT VALID` : sql;
        await client.query(text).catch((error: unknown) => {
          throw refusalOf(table, error);
        });
      }
    }
    for (const table of made) await setSequence(client, staging.schema, table);
    await staging.saveLinked();
  });
}

function isBroken(table: string, key: SourceForeignKey, orphans: readonly Orphans[]): boolean {
  return orphans.some((each) => each.table === table && each.references === key.table);
}

function linkCounts(definitions: readonly Definition[], orphans: readonly Orphans[]) {
  const keys = definitions.flatMap(({ table, foreignKeys }) =>
    foreignKeys.map(({ key }) => isBroken(table, key, orphans)),
  );
  return { foreignKeys: keys.length, unchecked: keys.filter(Boolean).length };
}

/** Names that keys and sequences must leave to those who have them. */
function sourceNames(tables: readonly SourceTable[]): readonly string[] {
  return tables.flatMap(({ name, indexes }) => [name, ...indexes.map((index) => index.name)]);
}

/** @throws USAGE for a rule on a column that is not copied: it would do nothing, unnoticed */
function refuseRules(rules: readonly ColumnRule[], tables: readonly SourceTable[]): void {
  const lost = rules.find(
    (rule) =>
      !tables.some(
        ({ name, columns }) =>
          name === rule.table && columns.some((column) => column.name === rule.column),
      ),
  );
  if (lost) {
    throw new ReasonError('USAGE', {
      detail: `--map ${lost.table}.${lost.column}: no such column is copied`,
    });
  }
}

function chosenTables(
  { connection }: SourceDatabase,
  { only, exclude }: CopyOptions,
): SourceTables {
  const chosen = readTables(
    connection,
    (name) =>
      (only === undefined || only.includes(name)) &&
      !exclude.includes(name) &&
      name !== STATE_TABLE,
  );
  const unknown = only?.find((name) => !chosen.tables.some((table) => table.name === name));
  if (unknown !== undefined)
    throw new ReasonError('COPY_TABLE_UNKNOWN', { detail: JSON.stringify(unknown) });
  return chosen;
}

function rejected(rejects: readonly RejectedRow[], copies: readonly CopiedTable[]): ReasonError {
  const rows = copies.reduce((sum, copied) => sum + copied.report().rows_rejected, 0);
  return new ReasonError('COPY_ROWS_REJECTED', {
    detail: `${rows} rows hold values that the target cannot hold exactly`,
    errors: rejects.slice(0, 10).map(({ table, key, column, reason }) => ({
      path: `${table}.${column}`,
      message: `${table}, ${key}: ${column} ${reason}`,
    })),
  });
}

function orphaned(orphans: readonly Orphans[]): ReasonError {
  return new ReasonError('COPY_ORPHANS', {
    detail: orphans
      .map(
        ({ table, references, rows }) =>
          `${rows} rows of ${table} refer to no row of ${references}`,
      )
      .join('; '),
  });
}
