import type { Command } from 'commander';
import { table } from '@holdfast/core/table';
import type { Report } from '@holdfast/guard/command/report';
import { valuesOf } from '@holdfast/guard/values-of';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { backupVariables } from '../backup/backup.variables.js';
import type { BackupContext } from '../backup/context.js';
import type { StoredBackup } from '../backup/folder/backup-folder.js';
import { stderrProgress } from '../backup/progress.js';
import { stopSignal } from '../backup/stop-signal.js';
import { ReasonError } from '../reasons.js';
import { runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly out?: string;
}

/** `holdfast backup` */
export function backupCommand(): Command {
  return subcommand(
    'backup',
    'Backs up every configured database as it is at one moment, into a new folder that is whole or not there.',
  )
    .option('--out <folder>', 'where the folder is made; by default what BACKUP_DIR names')
    .action((flags: Flags) => runCommand(flags, (context) => backup(context, flags)));
}

async function backup(context: CommandContext, { json = false, out }: Flags): Promise<Report> {
  const { BACKUP_DIR } = valuesOf(context.settings, backupVariables);
  const folder = out ?? BACKUP_DIR;
  if (folder === undefined)
    throw new ReasonError('USAGE', { detail: '--out is missing, and BACKUP_DIR names no folder' });
  const { withFolderLock } = await import('../backup/folder/folder-lock.js');
  const { makeBackup } = await import('../backup/make-backup.js');
  const made = await withFolderLock(folder, () => makeBackup(backupContext(context, json), folder));
  return reportOf(made);
}

/** What `backup` and `restore` work with. */
export function backupContext({ settings, log }: CommandContext, json: boolean): BackupContext {
  return {
    settings,
    log,
    tools: valuesOf(settings, backupVariables).BACKUP_PG_BIN,
    progress: stderrProgress(json),
    signal: stopSignal(),
  };
}

function reportOf({ folder, manifest }: StoredBackup): Report {
  const { databases, files } = manifest;
  const rows = databases.map(({ name, file, tables }) => [
    name,
    file,
    `${tables.length} tables`,
    `${tables.reduce((sum, each) => sum + each.rows, 0)} rows`,
    `${((files.find((each) => each.name === file)?.bytes ?? 0) / 1e6).toFixed(1)} MB`,
  ]);
  return {
    text: `${folder}\n${table(rows)}`,
    document: { folder, manifest },
  };
}
