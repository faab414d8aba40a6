import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { CopiedTable, type CopyWork } from '../copied-table.js';
import { plannedReturn } from '../follow-back/planned-return.js';
import { refuseUnsuitableReturn, triggerNotes } from '../follow-back/suitable-return.js';
import { loadTable } from '../load-table.js';
import type { CopyListener, CopyOptions } from '../options.js';
import { type CopyPlan, identityOf, planCopy } from '../plan.js';
import { ReasonError } from '../reasons.js';
import { orphaned } from '../refusals.js';
import type { CopyReport, Orphans } from '../report.js';
import { refuseNonEmpty } from '../postgres/existing-tables.js';
import { countRows } from '../postgres/load.js';
import { readExisting } from '../postgres/plan-tables.js';
import { lackingRights, refuseWithoutRights } from '../postgres/rights.js';
import { Staging } from '../postgres/staging.js';
import type { TargetTable } from '../postgres/target-table.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { refuse } from './apply-changes.js';
import { FEW_CHANGES, FollowedChanges } from './changes.js';
import { prepareFilled, RowsClash } from './apply-in-place.js';
import { cutOver, type CutOver, type Following, validateForeignKeys } from './cut-over.js';
import { type FollowedTable, followedTable } from './followed-table.js';
import { type FollowReport, followReport } from './follow-report.js';
import type { FollowOptions } from './follow.js';
import type { PutJournal } from './put-journal.js';
import { refuseUnsuitableTarget } from './suitable-target.js';
import { type ComparedTable, compareTable } from './verify-tables.js';

/** Between two looks at a source, in milliseconds. */
const POLL_MS = 200;

/** Beginnings of a switch. */
const MAX_SWITCHES = 5;

/** One copy that follows, from its plan to its report. */
export class FollowingCopy {
  readonly #startedAt = performance.now();
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
    const plan = await planCopy(source, readExisting(client, options.schema), options, false);
    const followed = this.#followed(plan);
    const rights = { replace: options.replace, follows: true };
    refuseWithoutRights(await lackingRights(client, options.schema, rights), plan.tables);
    await refuseNonEmpty(client, options.schema, plan.tables, options.replace);
    await refuseUnsuitableTarget(client, options.schema, followed);
    if (follow.back) await refuseUnsuitableReturn(client, options.schema, followed);
    const identity = identityOf(source, options, plan);
    const staged = await Staging.all(client);
    const staging = await Staging.open(client, options.schema, identity, options.resume, staged);
    await staging.made;
    const copies = await this.#load(staging, plan);
    await indexKeys(client, staging, followed);
    const changes = await FollowedChanges.open(client, source, put.journal, staging, followed);
    await this.#untilCutOver(changes);
    await changes.catchUpUntilFew(options.signal);
    follow.step('comparing both sides');
    const compared: ComparedTable[] = [];
    for (const { table } of followed)
      compared.push(await compareTable(client, staging.schema, source, table, options.signal));
    await this.#refuseOrphans(plan, copies);
    const back = follow.back ? this.#plannedReturn(followed) : undefined;
    const told = {
      plan,
      copies,
      compared,
      notes: this.#notes,
      isResumed: put.isResumed,
      startedAt: this.#startedAt,
      path: follow.path,
    };
    const filled = await prepareFilled(
      client,
      options.schema,
      followed.filter(({ table }) => !table.created),
    );
    const parts = { source, journal: put.journal, staging, plan, filled, changes, back };
    const { writersHeldMs: heldMs, ...done } = await this.#cutOver(changes, parts, told);
    follow.step('looking at the foreign keys');
    const orphans = await validateForeignKeys(client, done.undo);
    return followReport(options, told, { ...done, heldMs, orphans });
  }

  #plannedReturn(followed: readonly FollowedTable[]) {
    const { source, options, put } = this;
    this.#notes.push(...triggerNotes(source, followed));
    return plannedReturn(source, options.schema, put.journal.id, followed);
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
        await (
          await loadTable(client, source, staging, copied, plan.definitions, false)
        ).done;
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

  /** @throws COPY_FOLLOW_BEHIND when rows exchange unique values each time */
  async #cutOver(
    changes: FollowedChanges,
    following: Following,
    told: Parameters<typeof followReport>[1],
  ): Promise<CutOver> {
    const { client, options, follow } = this;
    for (let attempt = 1; ; attempt += 1) {
      await changes.catchUpUntilFew(options.signal);
      try {
        return await cutOver(client, following, options, follow.step, (end) => {
          options.beforeCommit(followReport(options, told, { ...end, heldMs: 0, orphans: [] }));
        });
      } catch (error) {
        if (!(error instanceof RowsClash)) throw error;
        if (attempt === MAX_SWITCHES)
          throw new ReasonError('COPY_FOLLOW_BEHIND', { detail: error.message, cause: error });
      }
    }
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
