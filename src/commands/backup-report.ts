import { table } from '@holdfast/core/table';
import type { Report } from '@holdfast/guard/command/report';
import type { StoredBackup } from '../backup/folder/backup-folder.js';
import type { BackedUpMedia, BackedUpTable, Manifest } from '../backup/manifest.js';

/** What a run has come to. */
export interface BackupRun {
  readonly made: StoredBackup;
  /** Whether another process has made it, and done all with it that is to be done. */
  readonly isAnothers?: boolean;
  readonly removed: readonly StoredBackup[];
  /** Where else it is. */
  readonly uploaded: string | undefined;
  /** Where those were that are removed from there. */
  readonly removedUploaded: readonly string[];
}

/** What `holdfast backup` prints of a run. */
export function reportOf(run: BackupRun): Report {
  const { made, removed, uploaded, removedUploaded } = run;
  return {
    text: textOf(run),
    document: {
      ...made,
      empty: emptyIn(made.manifest),
      ...(uploaded !== undefined && { uploaded }),
      removed: removed.map(({ folder }) => folder),
      ...(removedUploaded.length > 0 && { removed_uploaded: removedUploaded }),
    },
  };
}

/** The same in words. */
export function textOf(run: BackupRun): string {
  const { uploaded } = run;
  const { folder, manifest } = run.made;
  const removed = [...run.removed.map((each) => each.folder), ...run.removedUploaded];
  const { databases, files, media, verified_at: verifiedAt } = manifest;
  const rows = databases.map(({ name, file, tables }) => [
    name,
    file,
    `${tables.length} tables`,
    `${tables.reduce((sum, each) => sum + each.rows, 0)} rows`,
    `${((files.find((each) => each.name === file)?.bytes ?? 0) / 1e6).toFixed(1)} MB`,
  ]);
  return [
    `${folder}\n${table(rows)}`,
    media === undefined ? '' : mediaText(media),
    uploaded === undefined ? '' : `uploaded to ${uploaded}\n`,
    verifiedAt === null
      ? 'Not verified: --verify restores it and compares.\n'
      : `Verified at ${verifiedAt}: a restore of it is what was backed up.\n`,
    ...emptyIn(manifest).map(
      (name) => `note: the ${name} database holds no rows of the stores: is it the right one?\n`,
    ),
    ...removed.map((place) => `removed ${place}\n`),
  ].join('');
}

/** Databases in which only the tables of the migrator have rows: a restore of nothing proves nothing. */
function emptyIn({ databases }: Manifest): readonly string[] {
  const isOfStores = ({ name, rows }: BackedUpTable) => rows > 0 && !name.startsWith('holdfast_');
  return databases.filter(({ tables }) => !tables.some(isOfStores)).map(({ name }) => name);
}

function mediaText({ files, bytes, removed_meanwhile: removed }: BackedUpMedia): string {
  const gone = removed.length === 0 ? '' : `; ${removed.length} were cleaned away meanwhile`;
  return `media: ${files} files, ${(bytes / 1e6).toFixed(1)} MB${gone}\n`;
}
