import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { ownOf } from './following.js';
import { givenOptions } from './run-copy.js';
import { connectForCopy, copyFailure, targetOf } from './target.js';

/** `--stop-following`: what is prepared in the target goes with the next copy. */
export async function stopFollowing({ from }: CopyFlags): Promise<Report> {
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  const { ChangeJournal } = await import('../follow/journal.js');
  const removed = ChangeJournal.remove(from);
  return {
    text: removed
      ? `${from}: the journal and its triggers are out of the file.\n`
      : `${from} has no journal.\n`,
    document: { file: from, removed },
  };
}

/**
 * `--stop-following --follow-back`: takes the journal and its triggers out of PostgreSQL. The file stays as it is:
 * marked as moved, unless the program has gone back to it.
 */
export async function stopFollowingBack(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  const { from } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  const database = targetOf(context, flags, program);
  const { Staging } = await import('../postgres/staging.js');
  const { ReturnJournal } = await import('../follow-back/return-journal.js');
  const { ReturningFile } = await import('../follow-back/returning-file.js');
  const client = await connectForCopy(context, database);
  const file = ReturningFile.open(from);
  try {
    const isOwn = (await ownOf(context, flags, program, database)) !== undefined;
    const { schema } = await givenOptions(context, flags, client, isOwn);
    await Staging.lock(client, schema);
    const journal = await ReturnJournal.find(client, schema);
    const isUnfinished = journal?.state.gone_back === true && file.position() !== undefined;
    if (isUnfinished)
      throw new ReasonError('COPY_RETURN_UNSUITABLE', {
        detail: 'a return was interrupted: complete it with --go-back first',
      });
    const removed = await ReturnJournal.remove(client, schema);
    file.forget();
    return {
      text: removed
        ? `The journal and its triggers are out of the schema ${schema}: its tables take writes.\n`
        : `The schema ${schema} has no journal of a return.\n`,
      document: { file: from, schema, removed },
    };
  } catch (error) {
    throw copyFailure(error);
  } finally {
    file.close();
    destroyClient(client);
  }
}
