import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { copyStarted } from './copy.js';
import { eventually } from './eventually.js';
import { type Follower, heard } from './follow.js';

/** A copy that is followed back, and what it has said so far. */
export interface BackFollower extends Omit<Follower, 'cutOver'> {
  readonly goBack: () => void;
  /** When nothing is left to apply that was written before. */
  readonly hasCaughtUp: () => Promise<void>;
}

/** @param args `--follow` and what goes with it, for a copy that is not switched in yet */
export function followBack(
  path: string,
  target: TestDatabase,
  args: readonly string[] = [],
): BackFollower {
  const started = copyStarted(path, target.url, ['--follow-back', '--json', ...args]);
  return {
    ...heard(started),
    goBack: () => started.process.kill('SIGUSR2'),
    hasCaughtUp: () =>
      eventually(async () => {
        const left = await notedIn(target);
        if (left > 0) throw new Error(`${left} changes are behind`);
      }),
  };
}

/** Changes that are written down in the target, and not applied. */
async function notedIn(target: TestDatabase): Promise<number> {
  const tables = await target.query<{ place: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS place FROM pg_tables
      WHERE schemaname ~ '^holdfast_return_' AND tablename ~ '^keys_'`,
  );
  const counts = tables.map(({ place }) => `SELECT 1 FROM ${place}`);
  if (counts.length === 0) throw new Error('there is no journal');
  const [row] = await target.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (${counts.join(' UNION ALL ')}) AS noted`,
  );
  return row?.count ?? 0;
}

/** What the follower says when it has begun. */
export const FOLLOWING_BACK = '"event":"copy.follow_back"';
