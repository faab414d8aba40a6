import type pg from 'pg';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Cancelable, cancelStatement } from '@holdfast/postgres/connection/cancel-statement';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import type { FollowBackReport } from '../follow-back/follow-back.js';
import { ReasonError } from '../reasons.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { followOptions, ownOf, refuseOthers, teller } from './following.js';
import { CANCEL_MS } from './run-copy.js';
import { stopOnSignal } from './signals.js';
import { connectForCopy, copyFailure, lockRetryOf, targetOf } from './target.js';

/** What following back goes on with. */
interface Back {
  readonly schema: string;
  readonly isOwn: boolean;
  readonly signal: AbortSignal;
  readonly mayGoBack: () => boolean;
}

/**
 * `--follow-back` for a copy that was switched in before: what is written to PostgreSQL goes into the old file, until
 * SIGUSR2 or `--go-back` says that it is time to go back to it.
 * @throws ReasonError
 */
export async function runFollowBack(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  const { from } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  refuseOthers(flags, '--follow-back');
  const database = targetOf(context, flags, program);
  const { Staging } = await import('../postgres/staging.js');
  const { signal, onStop } = stopOnSignal();
  const goBack = goBackOnSignal(flags.goBack === true);
  const client = await connectForCopy(context, database);
  onStop(() => {
    cancelStatement(client as unknown as Cancelable, CANCEL_MS);
  });
  try {
    const isOwn = (await ownOf(context, flags, program, database)) !== undefined;
    const { schema } = await followOptions(context, flags, client, { isOwn, signal });
    await Staging.lock(client, schema);
    return await thereAndBack(context, flags, client, {
      schema,
      isOwn,
      signal,
      mayGoBack: goBack.isAsked,
    });
  } catch (error) {
    throw copyFailure(error);
  } finally {
    goBack.stop();
    destroyClient(client);
  }
}

/** SIGUSR2 asks for the return, as `--go-back` does from the start. */
export function goBackOnSignal(isAsked: boolean) {
  const ask = () => {
    isAsked = true;
  };
  process.on('SIGUSR2', ask);
  return { isAsked: () => isAsked, stop: () => process.off('SIGUSR2', ask) };
}

/** Follows back with the journal that is there, or one that begins when both sides are equal. */
export async function thereAndBack(
  context: CommandContext,
  flags: CopyFlags,
  client: pg.Client,
  { schema, isOwn, signal, mayGoBack }: Back,
): Promise<Report> {
  const path = flags.from ?? '';
  const { ReturnJournal } = await import('../follow-back/return-journal.js');
  const { beginReturn } = await import('../follow-back/begin-return.js');
  const { followBack } = await import('../follow-back/follow-back.js');
  const tell = teller(flags.json === true, 'copy.follow_back');
  const journal =
    (await ReturnJournal.find(client, schema)) ??
    (await beginReturn(
      client,
      path,
      await followOptions(context, flags, client, { isOwn, signal }),
      tell.step,
    ));
  const report = await followBack(client, journal, {
    path,
    mayGoBack,
    ...tell,
    lockRetry: lockRetryOf(context),
    signal,
  });
  return { text: summaryOf(report), document: report };
}

function summaryOf(report: FollowBackReport): string {
  const { tables, file, schema, already_there: isThere, keys_applied: keys } = report;
  return [
    ...tables.map(({ table, rows }) => `${table}: ${rows} rows on both sides\n`),
    isThere
      ? ''
      : `${keys} changes were applied to ${file}; the writers of PostgreSQL were held for ${report.writers_held_ms} ms.\n`,
    `${file} takes writes again; the tables in the schema ${schema} refuse them, until --stop-following --follow-back.\n`,
  ].join('');
}
