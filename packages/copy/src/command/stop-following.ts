import type { Report } from '@holdfast/guard/command/report';
import { ReasonError } from '../reasons.js';
import type { CopyFlags } from './copy-flags.js';

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
