import type pg from 'pg';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Cancelable, cancelStatement } from '@holdfast/postgres/connection/cancel-statement';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { metricsFile } from './metrics-file.js';
import { both, copyProgress } from './progress.js';
import { followOptions, ownOf, refuseOthers, teller } from './following.js';
import { goBackOnSignal, thereAndBack } from './run-follow-back.js';
import { reportFile } from './report-file.js';
import { CANCEL_MS } from './run-copy.js';
import { stopOnSignal } from './signals.js';
import { copySummary } from './summary.js';
import { connectForCopy, copyFailure, GO_ON, targetOf } from './target.js';

/**
 * `--follow`: copies while the program of the file goes on writing, until SIGUSR1 or `--cut-over` says that it is
 * time to switch. With `--follow-back` the changes of the target go back into the file from then on.
 * @throws ReasonError
 */
export async function runFollow(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  const { from } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  refuseOthers(flags, '--follow');
  if (flags.goBack === true)
    throw new ReasonError('USAGE', { detail: '--go-back: nothing has been switched yet' });
  const database = targetOf(context, flags, program);
  const file = reportFile(flags.report);
  const metrics = metricsFile(flags.metricsFile);
  const { followDatabase } = await import('../follow/follow.js');
  const { signal, onStop } = stopOnSignal();
  const cutOver = cutOverOnSignal(flags.cutOver === true);
  const client: pg.Client = await connectForCopy(context, database);
  onStop(() => {
    cancelStatement(client as unknown as Cancelable, CANCEL_MS);
  });
  let isSwitched = false;
  const progress = copyProgress(flags.json === true);
  const goBack = goBackOnSignal(false);
  const tell = teller(flags.json === true, 'copy.follow');
  try {
    const own = await ownOf(context, flags, program, database);
    const report = await followDatabase(
      client,
      {
        ...(await followOptions(context, flags, client, { isOwn: own !== undefined, signal })),
        beforeCommit: file.write,
      },
      { ...both(progress, metrics), rejected: () => undefined, restarted: () => undefined },
      { path: from, mayCutOver: cutOver.isAsked, back: flags.followBack === true, ...tell },
    );
    const undo = report.already_there ? file.undoOfEarlier() : report.undo;
    const ended = { ...report, undo };
    file.write(ended);
    file.keep();
    metrics.ended('done');
    if (flags.followBack !== true) return { text: followSummary(ended), document: ended };
    isSwitched = true;
    progress.stop();
    process.stderr.write(followSummary(ended));
    return await thereAndBack(context, flags, client, {
      schema: report.schema,
      isOwn: own !== undefined,
      signal,
      mayGoBack: goBack.isAsked,
    });
  } catch (error) {
    const reason = copyFailure(error, GO_ON);
    if (!isSwitched) metrics.ended('failed');
    if (reason.code !== 'COPY_OUTCOME_UNKNOWN') file.discard();
    throw reason;
  } finally {
    cutOver.stop();
    goBack.stop();
    progress.stop();
    destroyClient(client);
  }
}

/** SIGUSR1 asks for the switch, as `--cut-over` does from the start. */
function cutOverOnSignal(isAsked: boolean) {
  const ask = () => {
    isAsked = true;
  };
  process.on('SIGUSR1', ask);
  return { isAsked: () => isAsked, stop: () => process.off('SIGUSR1', ask) };
}

function followSummary(
  report: Parameters<typeof copySummary>[0] & {
    readonly follow: { readonly keys_applied: number; readonly writers_held_ms: number };
  },
): string {
  const { keys_applied: keys, writers_held_ms: held } = report.follow;
  return `${copySummary(report)}${keys} changes were applied while it was followed; its writers were held for ${held} ms.\n`;
}
