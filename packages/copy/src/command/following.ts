import type pg from 'pg';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { FollowProgress } from '../follow/follow.js';
import type { CopyOptions } from '../options.js';
import { ReasonError } from '../reasons.js';
import { choiceOf } from './choice.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { givenOptions, ownStores } from './run-copy.js';

/** Between two lines about how far it is, in milliseconds. */
const TELL_MS = 2000;

/** The options of what follows, there or back: everything is compared, in one session. */
export async function followOptions(
  context: CommandContext,
  flags: CopyFlags,
  client: pg.Client,
  { isOwn, signal }: { readonly isOwn: boolean; readonly signal: AbortSignal },
): Promise<CopyOptions> {
  return {
    ...(await givenOptions(context, flags, client, isOwn)),
    ...choiceOf(flags),
    sourceName: flags.from ?? '',
    dryRun: false,
    detectCompleted: false,
    jobs: 1,
    connect: () => Promise.resolve(client),
    beforeSwitch: () => Promise.resolve(),
    beforeCommit: () => undefined,
    signal,
  };
}

/** @throws USAGE for what makes no sense while a program goes on writing */
export function refuseOthers(
  { verify, onReject, dryRun, jobs, schemaOnly }: CopyFlags,
  option: '--follow' | '--follow-back',
): void {
  const refused = [
    verify === 'full' ? undefined : `--verify ${verify}: a switch needs both sides to be compared`,
    onReject === 'fail' ? undefined : '--on-reject list: what is left out would be missing',
    dryRun === true ? `--dry-run: run it without ${option}` : undefined,
    schemaOnly === true ? '--schema-only: there would be nothing to follow' : undefined,
    jobs === 1 ? undefined : '--jobs: changes are applied in their order',
  ].find((each) => each !== undefined);
  if (refused !== undefined)
    throw new ReasonError('USAGE', { detail: `${option} does not go with ${refused}` });
}

/** The stores of a service whose own file is followed; undefined for a file of another program. */
export async function ownOf(
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

const STEPS = { 'copy.follow': 'cut_over', 'copy.follow_back': 'go_back' } as const;

/** On stderr, a line every two seconds, or an event under `--json`. */
export function teller(json: boolean, event: keyof typeof STEPS) {
  let toldAt = -Infinity;
  const step = STEPS[event];
  const following = event === 'copy.follow' ? 'following' : 'following back';
  return {
    followed: ({ applied, behind, lagMs }: FollowProgress) => {
      if (performance.now() - toldAt < TELL_MS) return;
      toldAt = performance.now();
      process.stderr.write(
        json
          ? `${JSON.stringify({ event, applied, behind, lag_ms: Math.round(lagMs) })}\n`
          : `${following}: ${applied} changes applied, ${behind} behind, ${(lagMs / 1000).toFixed(1)} s\n`,
      );
    },
    step: (text: string) => {
      process.stderr.write(
        json
          ? `${JSON.stringify({ event: `copy.${step}`, step: text })}\n`
          : `${step === 'cut_over' ? 'cut-over' : 'going back'}: ${text}\n`,
      );
    },
  };
}
