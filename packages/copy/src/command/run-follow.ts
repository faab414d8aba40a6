import type pg from 'pg';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Cancelable, cancelStatement } from '@holdfast/postgres/connection/cancel-statement';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import type { FollowProgress } from '../follow/follow.js';
import { ReasonError } from '../reasons.js';
import { choiceOf } from './choice.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { metricsFile } from './metrics-file.js';
import { both, copyProgress } from './progress.js';
import { reportFile } from './report-file.js';
import { CANCEL_MS, givenOptions, ownStores } from './run-copy.js';
import { stopOnSignal } from './signals.js';
import { copySummary } from './summary.js';
import { connectForCopy, copyFailure, targetOf } from './target.js';

/** Between two lines about how far it is, in milliseconds. */
const TELL_MS = 2000;

/**
 * `--follow`: copies while the program of the file goes on writing, until SIGUSR1 or `--cut-over` says that it is
 * time to switch.
 * @throws ReasonError
 */
export async function runFollow(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  const { from } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  refuseOthers(flags);
  const database = targetOf(context, flags, program);
  const choice = choiceOf(flags);
  const file = reportFile(flags.report);
  const metrics = metricsFile(flags.metricsFile);
  const { followDatabase } = await import('../follow/follow.js');
  const { signal, onStop } = stopOnSignal();
  const cutOver = cutOverOnSignal(flags.cutOver === true);
  const client: pg.Client = await connectForCopy(context, database);
  onStop(() => {
    cancelStatement(client as unknown as Cancelable, CANCEL_MS);
  });
  const progress = copyProgress(flags.json === true);
  const tell = teller(flags.json === true);
  try {
    const own = await ownOf(context, flags, program, database);
    const report = await followDatabase(
      client,
      {
        ...(await givenOptions(context, flags, client, own !== undefined)),
        ...choice,
        sourceName: from,
        dryRun: false,
        detectCompleted: false,
        jobs: 1,
        connect: () => Promise.resolve(client),
        beforeSwitch: () => Promise.resolve(),
        beforeCommit: file.write,
        signal,
      },
      { ...both(progress, metrics), rejected: () => undefined, restarted: () => undefined },
      { path: from, mayCutOver: cutOver.isAsked, ...tell },
    );
    const undo = report.already_there ? file.undoOfEarlier() : report.undo;
    const ended = { ...report, undo };
    file.write(ended);
    file.keep();
    metrics.ended('done');
    return { text: followSummary(ended), document: ended };
  } catch (error) {
    const reason = copyFailure(error);
    metrics.ended('failed');
    if (reason.code !== 'COPY_OUTCOME_UNKNOWN') file.discard();
    throw reason;
  } finally {
    cutOver.stop();
    progress.stop();
    destroyClient(client);
  }
}

/** @throws USAGE for what makes no sense while a program goes on writing */
function refuseOthers({ verify, onReject, dryRun, jobs, schemaOnly }: CopyFlags): void {
  const refused = [
    verify === 'full' ? undefined : `--verify ${verify}: a switch needs both sides to be compared`,
    onReject === 'fail' ? undefined : '--on-reject list: what is left out would be missing',
    dryRun === true ? '--dry-run: run it without --follow' : undefined,
    schemaOnly === true ? '--schema-only: there would be nothing to follow' : undefined,
    jobs === 1 ? undefined : '--jobs: changes are applied in their order',
  ].find((each) => each !== undefined);
  if (refused !== undefined)
    throw new ReasonError('USAGE', { detail: `--follow does not go with ${refused}` });
}

/** SIGUSR1 asks for the switch, as `--cut-over` does from the start. */
function cutOverOnSignal(isAsked: boolean) {
  const ask = () => {
    isAsked = true;
  };
  process.on('SIGUSR1', ask);
  return { isAsked: () => isAsked, stop: () => process.off('SIGUSR1', ask) };
}

async function ownOf(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
  database: Parameters<typeof ownStores>[4],
) {
  const { SourceDatabase } = await import('../sqlite/source-database.js');
  const source = SourceDatabase.openShared(flags.from ?? '', '');
  try {
    return await ownStores(context, flags, program, source, database);
  } finally {
    source.close();
  }
}

/** On stderr, a line every two seconds, or an event under `--json`. */
function teller(json: boolean) {
  let toldAt = -Infinity;
  return {
    followed: ({ applied, behind, lagMs }: FollowProgress) => {
      if (performance.now() - toldAt < TELL_MS) return;
      toldAt = performance.now();
      process.stderr.write(
        json
          ? `${JSON.stringify({ event: 'copy.follow', applied, behind, lag_ms: Math.round(lagMs) })}\n`
          : `following: ${applied} changes applied, ${behind} behind, ${(lagMs / 1000).toFixed(1)} s\n`,
      );
    },
    step: (text: string) => {
      process.stderr.write(
        json
          ? `${JSON.stringify({ event: 'copy.cut_over', step: text })}\n`
          : `cut-over: ${text}\n`,
      );
    },
  };
}

function followSummary(
  report: Parameters<typeof copySummary>[0] & {
    readonly follow: { readonly keys_applied: number; readonly writers_held_ms: number };
  },
): string {
  const { keys_applied: keys, writers_held_ms: held } = report.follow;
  return `${copySummary(report)}${keys} changes were applied while it was followed; its writers were held for ${held} ms.\n`;
}
