import { resolve } from 'node:path';
import type pg from 'pg';
import { EXIT } from '@holdfast/core/reasons';
import type { Report } from '@holdfast/guard/command/report';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Cancelable, cancelStatement } from '@holdfast/postgres/connection/cancel-statement';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { RETIREMENT_TABLE, retire } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { ReasonError } from '../reasons.js';
import type { CopyReport } from '../report.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { choiceOf } from './choice.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram, OwnStores } from './copy-program.js';
import { metricsFile } from './metrics-file.js';
import { both, copyProgress } from './progress.js';
import { REJECTS, rejectsFile } from './rejects.js';
import { reportFile } from './report-file.js';
import { stopOnSignal } from './signals.js';
import { copySummary } from './summary.js';
import { connectForCopy, copyFailure, GO_ON, lockRetryOf, targetOf } from './target.js';

/** Kept by Holdfast itself, on each database: what is copied does not bring its own. */
const OWN_TABLES = [
  'holdfast_migrations',
  'holdfast_write_probe',
  'holdfast_identity',
  'holdfast_builds',
  'holdfast_running',
  RETIREMENT_TABLE,
];

/** Milliseconds that asking the server to cancel a statement may take. */
export const CANCEL_MS = 5000;

/**
 * Copies as the flags say.
 * @throws ReasonError
 */
export async function runCopy(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  const { from, dryRun = false } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  const database = targetOf(context, flags, program);
  const choice = choiceOf(flags);
  const file = reportFile(flags.report);
  const metrics = metricsFile(flags.metricsFile);
  const { SourceDatabase } = await import('../sqlite/source-database.js');
  const { copyDatabase } = await import('../copy.js');
  const { signal, onStop } = stopOnSignal();
  const source = SourceDatabase.open(from, !dryRun && flags.allowWriters !== true);
  try {
    const own = await ownStores(context, flags, program, source, database);
    const moved = own?.isWhole === true && !dryRun && source.canBeMarked ? resolve(from) : null;
    const clients: pg.Client[] = [];
    const connect = async () => {
      const client = await connectForCopy(context, database, flags.jobs);
      clients.push(client);
      onStop(() => {
        cancelStatement(client as unknown as Cancelable, CANCEL_MS);
      });
      return client;
    };
    const client = await connect();
    const progress = copyProgress(flags.json === true);
    const rejects = rejectsFile(rejectsPath(flags));
    try {
      rejects.open();
      const report = await copyDatabase(
        source,
        client,
        {
          ...(await givenOptions(context, flags, client, own !== undefined)),
          ...choice,
          sourceName: from,
          dryRun,
          detectCompleted: own?.isWhole === true,
          jobs: flags.jobs,
          connect,
          beforeSwitch: async (schema, { rejects }) => {
            if (own?.isWhole !== true || !source.holdsWriters || rejects.length > 0) return;
            if (flags.verify !== 'full') return;
            await own.compare(context, own.stores, from, database, schema);
          },
          beforeCommit: (report) => {
            file.write({ ...report, retired_source: moved });
          },
          signal,
        },
        { ...both(progress, metrics), rejected: rejects.add, restarted: rejects.empty },
      );
      const undo = report.already_there ? file.undoOfEarlier() : report.undo;
      const ended = { ...report, undo, retired_source: moved };
      if (dryRun || report.already_there) file.write(ended);
      file.keep();
      if (moved !== null) markMoved(source);
      metrics.ended('done');
      return {
        text: copySummary(ended, flags.resume),
        document: ended,
        exitCode: exitCodeOf(ended),
      };
    } catch (error) {
      const reason = copyFailure(error, GO_ON);
      metrics.ended('failed');
      if (reason.code !== 'COPY_OUTCOME_UNKNOWN') file.discard();
      throw reason;
    } finally {
      progress.stop();
      rejects.close();
      for (const each of clients) destroyClient(each);
    }
  } finally {
    source.close();
  }
}

/** What the flags say alike of every copy. @param isOwn whether the target is the database of the stores */
export async function givenOptions(
  context: CommandContext,
  flags: CopyFlags,
  client: pg.Client,
  isOwn: boolean,
) {
  return {
    schema: flags.schema ?? (isOwn ? await currentSchema(client) : 'public'),
    never: OWN_TABLES,
    verify: flags.verify,
    replace: flags.replace === true,
    onReject: flags.onReject,
    onOrphan: flags.onOrphan,
    resume: flags.resume === true,
    mayCreate: !isOwn,
    lockRetry: lockRetryOf(context),
  };
}

function rejectsPath({ onReject, rejects, report, dryRun }: CopyFlags): string | undefined {
  if (onReject !== 'list' || dryRun === true) return undefined;
  return rejects ?? `${report ?? 'holdfast-copy'}${REJECTS}`;
}

/** For the stores' own database only: their file, which is marked when all of it has moved. */
export async function ownStores(
  context: CommandContext,
  { to, toFile, tables, exclude, ...flags }: CopyFlags,
  { loadStores }: CopyProgram,
  source: SourceDatabase,
  database: PostgresSettings,
): Promise<
  | {
      readonly stores: readonly string[];
      readonly isWhole: boolean;
      readonly compare: OwnStores['compareStores'];
    }
  | undefined
> {
  if (loadStores === undefined || to !== undefined || toFile !== undefined) return undefined;
  const { storesOf, compareStores } = await loadStores();
  const stores = await storesOf(context, source, database);
  const isPart = flags.schemaOnly === true || flags.skipColumn.length + flags.rename.length > 0;
  const isWhole = tables === undefined && exclude.length === 0 && !isPart;
  return stores && { stores, isWhole, compare: compareStores };
}

async function currentSchema(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string | null }>('SELECT current_schema() AS name');
  return rows[0]?.name ?? 'public';
}

/** The report is there before the mark: what it tells can be undone. @throws COPY_SOURCE_NOT_RETIRED */
function markMoved(source: SourceDatabase): void {
  try {
    source.mark(retire);
  } catch (cause) {
    throw new ReasonError('COPY_SOURCE_NOT_RETIRED', { cause });
  }
}

function exitCodeOf({ dry_run, rejects, orphans, obstacles }: CopyReport) {
  const faults = rejects.length + orphans.length + obstacles.length;
  return dry_run && faults > 0 ? EXIT.failed : EXIT.ok;
}
