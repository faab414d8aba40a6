import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from './reasons.js';
import { foresee, type Foresight } from './foresee.js';
import { findCompletedCopy } from './completed-copy.js';
import { CopiedTable, type CopyWork } from './copied-table.js';
import { areLinked, linkTables } from './link-tables.js';
import { loadTable } from './load-table.js';
import type { CopyListener, CopyOptions } from './options.js';
import { type CopyPlan, identityOf, planCopy, statementsOf } from './plan.js';
import { orphaned, rejected } from './refusals.js';
import type { CopyReport, Orphans } from './report.js';
import type { RejectedRow } from './rows/convert-rows.js';
import { runOnClients } from './run-on-clients.js';
import { SampleContradicted } from './sqlite/sampled-content.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import { refuseNonEmpty } from './postgres/existing-tables.js';
import { LOCK_NOT_AVAILABLE } from './postgres/refusal.js';
import { refuseWithoutRights } from './postgres/rights.js';
import { Staging } from './postgres/staging.js';
import { switchIn } from './postgres/switch.js';
import { inOrder } from './postgres/pipeline.js';
import { readTarget, type TargetState } from './postgres/target-state.js';
import type { UndoRecord } from './postgres/undo.js';
import { verifyHeld } from './verify/foreign-keys.js';

/** Rejects that are kept one by one; beyond them they are counted. */
const MAX_REJECTS = 10_000;

/** After these, and after a connection that was lost, what is loaded is kept for `resume`. */
const RESUMABLE_CODES = ['COPY_STOPPED', 'COPY_LOCK_TIMEOUT', 'COPY_OUTCOME_UNKNOWN'];

/**
 * Copies a database: it is loaded aside, verified, and switched in by one transaction. When it
 * fails, the target is as it was.
 * @throws COPY_TABLE_UNKNOWN, COPY_NAME_UNUSABLE, COPY_TARGET_DIFFERS, COPY_TARGET_NOT_EMPTY,
 * COPY_ROWS_REJECTED, COPY_ORPHANS, COPY_REFUSED, COPY_MISMATCH, COPY_UNDER_WAY, COPY_SOURCE_CHANGED,
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
  const copyBy = async (maySample: boolean, asked: Promise<TargetState>) => {
    const existing = asked.then((target) => target.existing);
    existing.catch(() => undefined);
    const plan = await planCopy(source, existing, options, maySample);
    return runPlan(source, client, options, listener, { started, plan, target: await asked });
  };
  const ask = () => readTarget(client, options);
  if (options.dryRun) return copyBy(false, ask());
  try {
    return await copyBy(true, Staging.lock(client, options.schema, ask));
  } catch (error) {
    if (!isWrongSample(error)) throw error;
    listener.restarted();
    return copyBy(false, ask());
  }
}

/** It may be otherwise for who looks at all tables, as the copy that was interrupted may have done. */
function isWrongSample(error: unknown): boolean {
  return (
    error instanceof SampleContradicted ||
    (error instanceof ReasonError && error.code === 'COPY_RESUME_DIFFERS')
  );
}

async function runPlan(
  source: SourceDatabase,
  client: pg.Client,
  options: CopyOptions,
  listener: CopyListener,
  {
    started,
    plan,
    target,
  }: { readonly started: number; readonly plan: CopyPlan; readonly target: TargetState },
): Promise<CopyReport> {
  const { dryRun, signal } = options;
  const withoutRows = options.parts === 'schema';
  // There is nothing whose digest could be compared.
  const verify = withoutRows && options.verify === 'full' ? 'counts' : options.verify;
  const { tables, made, definitions } = plan;
  const numbered = withoutRows ? [] : made;
  let { orphans } = plan;
  let foresight: Foresight = { obstacles: [], unforeseen: [] };
  const notes = [...plan.notes, ...definitions.flatMap((definition) => definition.notes)];
  const rejects: RejectedRow[] = [];
  const failing = new AbortController();
  const work: CopyWork = {
    source,
    verification: verify,
    withoutRows,
    listener,
    rejected: (row) => {
      listener.rejected(row);
      if (rejects.length < MAX_REJECTS) rejects.push(row);
    },
    signal: AbortSignal.any([signal, failing.signal]),
  };
  const reportOf = (
    copies: readonly CopiedTable[],
    resumed: boolean,
    undo: UndoRecord | null,
    isThere = false,
  ): CopyReport => ({
    source: options.sourceName,
    schema: options.schema,
    dry_run: dryRun,
    resumed,
    already_there: isThere,
    verify,
    tables: copies.map((copied) => copied.report()),
    rejects,
    orphans,
    skipped: plan.skipped,
    notes,
    types: plan.types,
    ...foresight,
    sql: statementsOf(plan),
    seconds: (performance.now() - started) / 1000,
    estimated_seconds: dryRun ? estimatedSeconds(copies, performance.now() - started) : null,
    undo,
    retired_source: null,
  });
  refuseWithoutRights(target.lacking, tables);
  const copies = tables.map((table) => new CopiedTable(work, table));
  if (dryRun) {
    foresight = await foresee(source, plan);
    for (const copied of copies) await copied.convertAll();
    return reportOf(copies, false, null);
  }
  if (orphans.length > 0 && options.onOrphan === 'fail') throw orphaned(orphans, copies);
  if (mayBeCompleted(options) && !target.staged.includes(Staging.nameFor(options.schema))) {
    const there = await findCompletedCopy(client, options.schema, tables, work);
    if (there) return reportOf(there, options.resume, null, true);
  }
  await refuseNonEmpty(client, options.schema, tables, options.replace);
  const identity = identityOf(source, options, plan);
  const staging = await Staging.open(
    client,
    options.schema,
    identity,
    options.resume,
    target.staged,
  );
  try {
    const clients = await connectAll(client, options, copies.length);
    listener.begun(tables.map(({ name, content }) => ({ table: name, rows: content.rows })));
    const share = (task: Parameters<typeof runOnClients<CopiedTable>>[2]) =>
      runOnClients(clients, copies, task, (error) => {
        failing.abort(error);
      });
    const { done: loaded } = await share(async (each, copied, before) => {
      // Another session does not see before it is committed what this one makes.
      if (each !== client) await staging.made;
      // What an interrupted copy has left is compared first, which is a conversation.
      if (staging.resumed) await before;
      const own = staging.through(each);
      return loadTable(each, source, own, copied, definitions, withoutRows, {
        ask: () => copied.askServer(each, staging.schema),
        look: () => {
          copied.askSource();
        },
      });
    });
    const link = () => linkTables(client, staging, definitions, numbered);
    // What needs no answer is sent behind the rows, where they are all sent by one session.
    const isSentBehind = clients.length === 1 && !staging.resumed && !areLinked(definitions);
    const linked = isSentBehind ? link() : undefined;
    await inOrder(Promise.allSettled([loaded, linked]));
    notes.push(...copies.flatMap(({ table }) => staging.progressOf(table.name).notes));
    if (rejects.length > 0 && options.onReject === 'fail') throw rejected(rejects, copies);
    const { done: verified } = await share(async (each, copied) => {
      const done = copied.verify(each, staging.schema);
      await done;
      return { done };
    });
    await verified;
    const { links, held } = await (linked ?? link());
    orphans = mergeOrphans(orphans, links.orphans);
    if (orphans.length > 0 && options.onOrphan === 'fail') throw orphaned(orphans, copies);
    const foreignKeys = definitions.reduce((sum, each) => sum + each.foreignKeys.length, 0);
    verifyHeld(held, { foreignKeys, unchecked: links.orphans.length });
    await options.beforeSwitch(staging.schema, reportOf(copies, staging.resumed, null));
    signal.throwIfAborted();
    const undo = await switchIn(client, staging, tables, {
      replace: options.replace,
      patience: options.lockRetry,
      beforeSql: options.beforeSql,
      afterSql: options.afterSql,
      compare: async (table, place) => {
        await copies.find((copied) => copied.table === table)?.verifyAgain(client, place);
      },
      beforeCommit: (record) => {
        options.beforeCommit(reportOf(copies, staging.resumed, record));
      },
    });
    return reportOf(copies, staging.resumed, undo);
  } catch (error) {
    // Without it, whatever is sent behind it fails.
    const first = await staging.made.then(
      () => error,
      (earlier: unknown) => earlier,
    );
    const reason: unknown = signal.aborted && !hasOwnReason(first) ? signal.reason : first;
    if (isResumable(reason)) throw reason;
    const left = await staging.drop().catch((failure: unknown) => failure);
    // On a connection that is gone nothing can be dropped, and the first error tells why.
    throw left === undefined || isDisconnected(left) ? reason : leftBehind(reason, staging.schema);
  }
}

/** Adds that the staging schema is there still. */
function leftBehind(reason: unknown, schema: string): unknown {
  if (!(reason instanceof ReasonError)) return reason;
  return new ReasonError(reason.code, {
    detail: `${reason.message}; the schema ${schema} could not be dropped`,
    cause: reason.cause,
  });
}

function mayBeCompleted({ resume, replace, ...options }: CopyOptions): boolean {
  return resume || (options.detectCompleted && !replace);
}

/** As many as there is work for. */
async function connectAll(
  first: pg.Client,
  { jobs, connect }: CopyOptions,
  tables: number,
): Promise<readonly pg.Client[]> {
  const clients = [first];
  while (clients.length < Math.min(jobs, tables)) clients.push(await connect());
  return clients;
}

/** What a server of moderate speed takes in, and gives back to be compared. */
const BYTES_PER_SECOND = 40e6;

/** The server writes while the rows are read; only what it needs longer counts. */
function estimatedSeconds(copies: readonly CopiedTable[], milliseconds: number): number {
  const tables = copies.map((copied) => copied.report());
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const reading = tables.reduce((sum, table) => sum + table.seconds, 0);
  const isVerified = tables.some(({ source_digest }) => source_digest !== null);
  const writing = (bytes / BYTES_PER_SECOND) * (isVerified ? 2 : 1);
  return milliseconds / 1000 - reading + Math.max(reading, writing);
}

/** A statement that a signal has cancelled says so in its own way: anything else has its own reason. */
function hasOwnReason(error: unknown): boolean {
  return error instanceof ReasonError && error.code !== 'COPY_REFUSED';
}

function isResumable(error: unknown): boolean {
  return error instanceof ReasonError
    ? RESUMABLE_CODES.includes(error.code)
    : isDisconnected(error) || (error as { code?: string }).code === LOCK_NOT_AVAILABLE;
}

/** What PostgreSQL has found counts: it knows which rows were left out, and it compares more strictly. */
function mergeOrphans(known: readonly Orphans[], found: readonly Orphans[]): readonly Orphans[] {
  const pairOf = ({ table, references }: Orphans) => JSON.stringify([table, references]);
  const sums = new Map<string, Orphans>();
  for (const each of found) {
    const before = sums.get(pairOf(each))?.rows ?? 0;
    sums.set(pairOf(each), { ...each, rows: before + each.rows });
  }
  return [...known.filter((each) => !sums.has(pairOf(each))), ...sums.values()];
}
