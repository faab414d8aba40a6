import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';
import { CopiedTable, type CopyWork } from '../copied-table.js';
import { loadTable } from '../load-table.js';
import type { CopyListener, CopyOptions } from '../options.js';
import { type CopyPlan, identityOf, planCopy, statementsOf } from '../plan.js';
import { orphaned } from '../refusals.js';
import type { CopyReport, Orphans } from '../report.js';
import { refuseNonEmpty } from '../postgres/existing-tables.js';
import { refuseWithoutRights } from '../postgres/rights.js';
import { Staging } from '../postgres/staging.js';
import { countRows } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { UndoRecord } from '../postgres/undo.js';
import { quoted } from '../sqlite/identifiers.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import { refuse } from './apply-changes.js';
import { FollowedChanges } from './changes.js';
import { cutOver, validateForeignKeys } from './cut-over.js';
import { type FollowedTable, followedTable } from './followed-table.js';
import { ChangeJournal } from './journal.js';
import { putJournal, type PutJournal } from './put-journal.js';
import { type ComparedTable, compareTable } from './verify-tables.js';

/** Where following stands. */
export interface FollowProgress {
  /** Keys that were applied so far. */
  readonly applied: number;
  /** Changes that were not, and the age of the oldest of them in milliseconds: the lag. */
  readonly behind: number;
  readonly lagMs: number;
}

export interface FollowOptions {
  /** The file. */
  readonly path: string;
  /** Whether it is time to switch. */
  readonly mayCutOver: () => boolean;
  readonly followed: (progress: FollowProgress) => void;
  /** Is told what is done next. */
  readonly step: (text: string) => void;
}

/** What following came to. */
export interface FollowReport extends CopyReport {
  readonly follow: {
    readonly keys_applied: number;
    /** For how long nobody could write to the source, before its writers were refused for good. */
    readonly writers_held_ms: number;
  };
}

/** Between two looks at a source, in milliseconds. */
const POLL_MS = 200;

/** So many changes are applied well within a second. */
const FEW_CHANGES = 1000;

/** Rounds in which a source that is written to faster than it is followed is tried to be caught up with. */
const MAX_ROUNDS = 20;

/** After these, and after a connection that was lost, journal and tables are kept for `resume`. */
const RESUMABLE_CODES = [
  'COPY_STOPPED',
  'COPY_LOCK_TIMEOUT',
  'COPY_OUTCOME_UNKNOWN',
  'COPY_SOURCE_IN_USE',
  'COPY_RESUME_DIFFERS',
  'COPY_FOLLOW_BEHIND',
];

/**
 * Copies a database while its program goes on writing, keeps applying what it writes, and switches when it is told
 * to: both sides are compared, writers are held, the rest is applied, the tables are shown, the file is marked as
 * moved. Until then the target is as it was. When it is stopped or killed, the journal stays in the file for
 * `resume`.
 * @throws as `copyDatabase`, and COPY_FOLLOW_UNSUITABLE, COPY_FOLLOW_JOURNAL, COPY_FOLLOW_SCHEMA_CHANGED,
 * COPY_FOLLOW_BEHIND
 */
export async function followDatabase(
  client: pg.Client,
  options: CopyOptions,
  listener: CopyListener,
  follow: FollowOptions,
): Promise<FollowReport> {
  await Staging.lock(client, options.schema);
  const put = putJournal(options, follow.path);
  const source = SourceDatabase.openShared(follow.path, put.journal.id);
  let isJournalKept = put.isResumed;
  try {
    if (put.journal.isSourceRetired() && !(await Staging.isThere(client, options.schema))) {
      isJournalKept = false;
      return switchedBefore(options, follow.path);
    }
    const copy = new FollowingCopy(client, source, put, options, listener, follow);
    const report = await copy.run();
    isJournalKept = false;
    return report;
  } catch (error) {
    const { signal } = options;
    const reason: unknown =
      signal.aborted && !(error instanceof ReasonError) ? signal.reason : error;
    isJournalKept = isResumable(reason);
    if (!isJournalKept) await dropStaging(client, options.schema);
    throw reason;
  } finally {
    source.close();
    put.journal.close();
    if (!isJournalKept) ChangeJournal.remove(follow.path);
  }
}

/** The process before was killed between the switch and its last words. */
function switchedBefore({ sourceName, schema, verify }: CopyOptions, path: string): FollowReport {
  return {
    source: sourceName,
    schema,
    dry_run: false,
    resumed: true,
    already_there: true,
    verify,
    tables: [],
    rejects: [],
    orphans: [],
    skipped: [],
    notes: [],
    types: [],
    obstacles: [],
    unforeseen: [],
    sql: [],
    seconds: 0,
    estimated_seconds: null,
    undo: null,
    retired_source: path,
    follow: { keys_applied: 0, writers_held_ms: 0 },
  };
}

/** On a connection that is gone it fails too, and the first error tells why. */
async function dropStaging(client: pg.Client, schema: string): Promise<void> {
  const name = quoted(Staging.nameFor(schema));
  await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`).catch(() => undefined);
}

function isResumable(error: unknown): boolean {
  return error instanceof ReasonError
    ? RESUMABLE_CODES.includes(error.code)
    : isDisconnected(error);
}

/** One copy that follows, from its plan to its report. */
class FollowingCopy {
  readonly #started = performance.now();
  readonly #notes: CopyReport['notes'][number][] = [];

  constructor(
    private readonly client: pg.Client,
    private readonly source: SourceDatabase,
    private readonly put: PutJournal,
    private readonly options: CopyOptions,
    private readonly listener: CopyListener,
    private readonly follow: FollowOptions,
  ) {}

  async run(): Promise<FollowReport> {
    const { client, source, options, follow, put } = this;
    const plan = await planCopy(source, client, options, false);
    const followed = this.#followed(plan);
    await refuseWithoutRights(client, options.schema, plan.tables, options.replace);
    await refuseNonEmpty(client, options.schema, plan.tables, options.replace);
    const identity = identityOf(source, options, plan);
    const staging = await Staging.open(client, options.schema, identity, options.resume);
    const copies = await this.#load(staging, plan);
    await indexKeys(client, staging, followed);
    const changes = await FollowedChanges.open(client, source, put.journal, staging, followed);
    await this.#untilCutOver(changes);
    await this.#catchUp(changes);
    follow.step('comparing both sides');
    const compared: ComparedTable[] = [];
    for (const { table } of followed)
      compared.push(await compareTable(client, staging.schema, source, table, options.signal));
    await this.#refuseOrphans(plan, copies);
    await this.#catchUp(changes);
    follow.step('holding the writers of the source');
    const reportOf = (
      undo: UndoRecord,
      rows: ReadonlyMap<string, number>,
      heldMs: number,
      orphans: readonly Orphans[] = [],
    ) => this.#report(plan, copies, compared, { undo, rows, heldMs, orphans }, changes.keys);
    const parts = { source, journal: put.journal, staging, plan, changes };
    const done = await cutOver(client, parts, options, (undo, rows) => {
      options.beforeCommit(reportOf(undo, rows, 0));
    });
    follow.step('looking at the foreign keys');
    const orphans = await validateForeignKeys(client, done.undo);
    return reportOf(done.undo, done.rows, done.writersHeldMs, orphans);
  }

  #followed({ tables }: CopyPlan): readonly FollowedTable[] {
    return this.put.watched.map((watched) => {
      const found = followedTable(watched, tables);
      if (found) return found;
      throw new ReasonError('COPY_FOLLOW_UNSUITABLE', {
        detail: `${watched.source.name}: its key (${watched.key.join(', ')}) is not copied`,
      });
    });
  }

  async #load(staging: Staging, plan: CopyPlan): Promise<readonly CopiedTable[]> {
    const { client, source, options, listener } = this;
    const work: CopyWork = {
      source,
      verification: options.verify,
      withoutRows: false,
      listener,
      rejected: refuse,
      signal: options.signal,
    };
    const copies = plan.tables.map((table) => new CopiedTable(work, table));
    const isFollowed = (await staging.followed()) > 0;
    for (const copied of copies)
      if (!isFollowed || (await isEmptied(client, staging, copied.table)))
        await loadTable(client, source, staging, copied, plan.definitions, false);
    this.#notes.push(
      ...plan.notes,
      ...plan.definitions.flatMap(({ notes }) => notes),
      ...copies.flatMap(({ table }) => staging.progressOf(table.name).notes),
    );
    return copies;
  }

  async #untilCutOver(changes: FollowedChanges): Promise<void> {
    const { signal } = this.options;
    const isMarked = this.put.journal.isSourceRetired();
    for (;;) {
      signal.throwIfAborted();
      const keys = await changes.catchUp();
      const { changes: behind, ageMs: lagMs } = changes.pending();
      this.follow.followed({ applied: changes.keys, behind, lagMs });
      if (isMarked || this.follow.mayCutOver()) return;
      if (keys < FEW_CHANGES) await wait(POLL_MS, undefined, { signal });
    }
  }

  /** Until little is left to do. @throws COPY_FOLLOW_BEHIND */
  async #catchUp(changes: FollowedChanges): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      this.options.signal.throwIfAborted();
      await changes.catchUp();
      if (changes.pending().changes < FEW_CHANGES) return;
    }
    throw new ReasonError('COPY_FOLLOW_BEHIND', {
      detail: `${changes.pending().changes} changes are still to be applied`,
    });
  }

  async #refuseOrphans(plan: CopyPlan, copies: readonly CopiedTable[]): Promise<void> {
    if (this.options.onOrphan !== 'fail') return;
    const found: Orphans[] = [];
    for (const { table, foreignKeys } of plan.definitions)
      for (const { orphans, references } of foreignKeys) {
        const { rows } = await this.client.query<{ rows: number }>(orphans);
        if ((rows[0]?.rows ?? 0) > 0) found.push({ table, references, rows: rows[0]?.rows ?? 0 });
      }
    if (found.length > 0) throw orphaned(found, copies);
  }

  #report(
    plan: CopyPlan,
    copies: readonly CopiedTable[],
    compared: readonly ComparedTable[],
    end: {
      readonly undo: UndoRecord;
      readonly rows: ReadonlyMap<string, number>;
      readonly heldMs: number;
      readonly orphans: readonly Orphans[];
    },
    keysApplied: number,
  ): FollowReport {
    const { options, put } = this;
    return {
      source: options.sourceName,
      schema: options.schema,
      dry_run: false,
      resumed: put.isResumed,
      already_there: false,
      verify: options.verify,
      tables: copies.map((copied) => {
        const report = copied.report();
        const rows = end.rows.get(report.table) ?? 0;
        const digest = compared.find(({ table }) => table === report.table)?.digest ?? null;
        return {
          ...report,
          rows_read: rows,
          rows_written: rows,
          source_digest: digest,
          target_digest: digest,
        };
      }),
      rejects: [],
      orphans: end.orphans,
      skipped: plan.skipped,
      notes: this.#notes,
      types: plan.types,
      obstacles: [],
      unforeseen: [],
      sql: statementsOf(plan),
      seconds: (performance.now() - this.#started) / 1000,
      estimated_seconds: null,
      undo: end.undo,
      retired_source: this.follow.path,
      follow: { keys_applied: keysApplied, writers_held_ms: Math.round(end.heldMs) },
    };
  }
}

/** A server that crashes empties the tables that are prepared for those that exist. */
async function isEmptied(
  client: pg.Client,
  staging: Staging,
  table: TargetTable,
): Promise<boolean> {
  const { rowsWritten } = staging.progressOf(table.name);
  return rowsWritten > 0 && (await countRows(client, staging.schema, table)) === 0;
}

/** A table that exists is prepared without its keys. */
async function indexKeys(
  client: pg.Client,
  { schema }: Staging,
  followed: readonly FollowedTable[],
): Promise<void> {
  for (const { table, number, key } of followed)
    if (!table.created)
      await client.query(
        `CREATE INDEX IF NOT EXISTS ${quoted(`holdfast_key_${number}`)}
           ON ${quoted(schema)}.${quoted(table.name)} (${key.map(({ name }) => quoted(name)).join(', ')})`,
      );
}
