import { randomUUID } from 'node:crypto';
import { EXIT } from '@holdfast/core/reasons';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Cleaned, cleanUp, countCleanable } from '../stores/media/cleanup/cleanup.js';
import { cleanupLease } from '../stores/media/cleanup/cleanup-lease.js';
import { type Nothing, progress, withMediaPlaces } from './media-places.js';
import { stopOnSignal } from './stop-on-signal.js';

export interface CleanupFlags {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** `holdfast media cleanup` */
export async function cleanup(
  context: CommandContext,
  { dryRun = false }: CleanupFlags,
): Promise<Report> {
  const stopping = stopOnSignal();
  const tell = progress();
  const done = await withMediaPlaces(context, (places, database) =>
    dryRun
      ? countCleanable(places)
      : cleanUp(places, {
          lease: cleanupLease(database, randomUUID()),
          withOrphans: true,
          signal: stopping,
          onBatch: ({ files, orphans }) => {
            tell(`${files} expired files and ${orphans} without a row removed so far`);
          },
        }),
  );
  return {
    text: [
      ...linesOf(done, dryRun),
      ...(stopping.aborted ? ['stopped before all was done; run it again for the rest'] : []),
      '',
    ].join('\n'),
    exitCode: stopping.aborted ? EXIT.failed : EXIT.ok,
    document: {
      dry_run: dryRun,
      ...(stopping.aborted && { stopped: true }),
      media: typeof done === 'string' ? null : documentOf(done),
    },
  };
}

function linesOf(done: Cleaned | Nothing, dryRun: boolean): readonly string[] {
  if (typeof done === 'string') return [`media: ${done}, nothing to remove`];
  const removed = dryRun ? 'would be removed' : 'removed';
  const ended = dryRun ? 'would end as timeouts' : 'are timeouts now';
  return [
    `media jobs: ${done.overdueJobs} that nobody has ended ${ended}`,
    `media files: ${done.files} expired ${removed} (${done.bytes} bytes)`,
    `media files: ${done.orphans} without a row ${removed}`,
  ];
}

function documentOf({ overdueJobs, files, bytes, orphans }: Cleaned): object {
  return { overdue_jobs: overdueJobs, files, bytes, orphans };
}
