import { type Command, InvalidArgumentError } from 'commander';
import type { Report } from '@holdfast/guard/command/report';
import { valuesOf } from '@holdfast/guard/values-of';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { backupVariables } from '../backup/backup.variables.js';
import type { BackupContext } from '../backup/context.js';
import type { Recipients } from '../backup/encryption/recipients.js';
import type { StoredBackup } from '../backup/folder/backup-folder.js';
import { stderrProgress } from '../backup/progress.js';
import type { Unfinished } from '../backup/repeat-backups.js';
import { stopSignal } from '../backup/stop-signal.js';
import { ReasonError } from '../reasons.js';
import { type BackupRun, reportOf, textOf } from './backup-report.js';
import { runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly out?: string;
  readonly keep?: number;
  readonly keepUploaded?: number;
  readonly verify?: boolean;
  readonly every?: number;
  readonly media: boolean;
}

/** `holdfast backup` */
export function backupCommand(): Command {
  return subcommand(
    'backup',
    'Backs up every configured database as it is at one moment, into a new folder that is whole or not there.',
  )
    .option('--out <folder>', 'where the folder is made; by default what BACKUP_DIR names')
    .option(
      '--verify',
      'restore it into a scratch database, which is dropped again, and compare every table',
    )
    .option(
      '--keep <number>',
      'then remove all backups in the folder but so many, and but the last that was verified',
      wholeFromOne,
    )
    .option(
      '--keep-uploaded <number>',
      'and all in the bucket but so many, and but the last there that was verified',
      wholeFromOne,
    )
    .option('--every <hours>', 'go on, with one backup in so many hours, until a signal', hours)
    .option('--no-media', 'leave the files of the media store out')
    .action((flags: Flags) => runCommand(flags, (context) => backup(context, flags)));
}

async function backup(context: CommandContext, flags: Flags): Promise<Report> {
  const { BACKUP_DIR } = valuesOf(context.settings, backupVariables);
  const out = flags.out ?? BACKUP_DIR;
  if (out === undefined)
    throw new ReasonError('USAGE', { detail: '--out is missing, and BACKUP_DIR names no folder' });
  if (flags.keepUploaded !== undefined && !isUploaded(context))
    throw new ReasonError('USAGE', {
      detail: '--keep-uploaded is for where BACKUP_S3_BUCKET is set',
    });
  const working = await backupContext(context, flags);
  const run = (unfinished: Unfinished) => runOnce(working, out, flags, unfinished);
  if (flags.every === undefined) return reportOf(await run({ made: undefined }));
  const { repeatBackups } = await import('../backup/repeat-backups.js');
  const { every: hours, verify: verified = false } = flags;
  return repeatBackups(working, out, { hours, verified, run, textOf });
}

async function runOnce(
  context: BackupContext,
  out: string,
  { verify = false, keep, keepUploaded }: Flags,
  unfinished: Unfinished,
): Promise<BackupRun> {
  const { wholeIn } = await import('../backup/folder/backup-folder.js');
  const { withFolderLock } = await import('../backup/folder/folder-lock.js');
  const { makeBackup } = await import('../backup/make-backup.js');
  if (verify && context.recipients) {
    const { refuseUnprovable } = await import('../backup/encryption/identities.js');
    await refuseUnprovable(context.settings);
  }
  return withFolderLock(out, async () => {
    const remote = await remoteOf(context);
    const before = unfinished.made && (await wholeIn(unfinished.made.folder));
    const another = before ? undefined : await unfinished.meanwhile?.();
    if (another && (!verify || another.manifest.verified_at !== null)) return anothers(another);
    const backup = before ?? another ?? (await makeBackup(context, out));
    unfinished.made = backup;
    const uploaded = await remote?.upload(backup);
    const made = verify ? await verified(context, backup) : backup;
    if (verify) await remote?.uploadManifest(made);
    const removed = keep === undefined ? [] : await keepInFolder(out, keep, made);
    const removedUploaded =
      keepUploaded === undefined ? [] : ((await remote?.keep(keepUploaded, made)) ?? []);
    return { made, removed, uploaded, removedUploaded };
  });
}

/** There is nothing to do for this turn. */
function anothers(made: StoredBackup): BackupRun {
  return { made, isAnothers: true, removed: [], uploaded: undefined, removedUploaded: [] };
}

async function keepInFolder(out: string, keep: number, made: StoredBackup) {
  const { keepNewest } = await import('../backup/folder/retention.js');
  return keepNewest(out, keep, made);
}

function isUploaded({ settings }: Pick<BackupContext, 'settings'>): boolean {
  return valuesOf(settings, backupVariables).BACKUP_S3_BUCKET !== undefined;
}

/** What uploads; undefined where backups stay in their folder. @throws BACKUP_STORAGE_INVALID */
async function remoteOf(context: BackupContext) {
  if (!isUploaded(context)) return undefined;
  const { objectStorage } = await import('../backup/storage/object-storage.js');
  const { uploadBackup, uploadManifest } = await import('../backup/storage/upload.js');
  const { keepNewestUploaded } = await import('../backup/storage/bucket-retention.js');
  const storage = objectStorage(context.settings);
  return (
    storage && {
      upload: (backup: StoredBackup) => uploadBackup(context, storage, backup),
      uploadManifest: (backup: StoredBackup) => uploadManifest(context, storage, backup),
      keep: (keep: number, backup: StoredBackup) =>
        keepNewestUploaded(context, storage, keep, backup),
    }
  );
}

async function verified(context: BackupContext, backup: StoredBackup): Promise<StoredBackup> {
  const { verifyBackup } = await import('../backup/verify-backup.js');
  return verifyBackup(context, backup);
}

/** What `backup` and `restore` work with. */
export async function backupContext(
  { settings, log }: CommandContext,
  { json = false, media = true }: { readonly json?: boolean; readonly media?: boolean },
): Promise<BackupContext> {
  const { BACKUP_PG_BIN, BACKUP_AGE_RECIPIENTS } = valuesOf(settings, backupVariables);
  return {
    settings,
    log,
    withMedia: media,
    tools: BACKUP_PG_BIN,
    recipients: BACKUP_AGE_RECIPIENTS === undefined ? undefined : await recipientsFor(settings),
    progress: stderrProgress(json || settings.log.format === 'json'),
    signal: stopSignal(),
  };
}

/** With what encrypts, which is loaded for nobody else. */
async function recipientsFor(settings: BackupContext['settings']): Promise<Recipients | undefined> {
  const { recipientsOf } = await import('../backup/encryption/recipients.js');
  return recipientsOf(settings);
}

/** @throws InvalidArgumentError, commander's */
function wholeFromOne(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1.');
}

const MOST_HOURS = 8760;

/** @throws InvalidArgumentError, commander's */
function hours(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= MOST_HOURS) return value;
  throw new InvalidArgumentError(`It takes hours, up to ${MOST_HOURS}, for example 24 or 0.5.`);
}
