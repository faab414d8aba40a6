import { EXIT } from '@holdfast/core/reasons';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Findings, type Fsck, fsck } from '../stores/media/cleanup/fsck.js';
import { progress, withMediaPlaces } from './media-places.js';

export interface FsckFlags {
  readonly json?: boolean;
  readonly repair?: boolean;
}

/** `holdfast media fsck` */
export async function check(
  context: CommandContext,
  { repair = false }: FsckFlags,
): Promise<Report> {
  const tell = progress();
  const found = await withMediaPlaces(context, (places) =>
    fsck(places, repair, (rows) => {
      tell(`${rows} rows looked at so far`);
    }),
  );
  if (typeof found === 'string')
    return { text: `media: ${found}, nothing to compare\n`, document: { media: null } };
  const { missing, damaged, orphans } = found;
  const isClean = missing.count + damaged.count === 0 && orphans.count === orphans.removed;
  return {
    text: `${linesOf(found).join('\n')}\n`,
    exitCode: isClean ? EXIT.ok : EXIT.failed,
    document: { repair, media: { rows: found.rows, missing, damaged, orphans } },
  };
}

function linesOf({ rows, missing, damaged, orphans }: Fsck): readonly string[] {
  return [
    `media rows: ${rows} of results and templates that have not expired`,
    `media rows: ${missing.count} whose files are missing`,
    ...namesOf(missing),
    `media rows: ${damaged.count} whose files are damaged: their sizes differ`,
    ...namesOf(damaged),
    `media files: ${orphans.count} that no row needs (${orphans.bytes} bytes), ${orphans.removed} removed`,
    ...namesOf(orphans),
  ];
}

function namesOf({ count, paths }: Findings): readonly string[] {
  const more = count - paths.length;
  return [...paths.map((path) => `  ${path}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}
