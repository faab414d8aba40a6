import type { Command } from 'commander';
import { databaseAt, dsnIn } from '@holdfast/copy/command/target';
import type { Report } from '@holdfast/guard/command/report';
import { maskDsn } from '@holdfast/guard/dsn';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { RestoreTarget } from '../backup/restore-backup.js';
import { withBackupFolder } from '../backup/storage/backup-place.js';
import { ReasonError } from '../reasons.js';
import { backupContext } from './backup.js';
import { runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly into?: string;
  readonly intoFile?: string;
  readonly database?: string;
  readonly rights: boolean;
  readonly media: boolean;
  readonly rehearse?: boolean;
}

/** `holdfast restore` */
export function restoreCommand(): Command {
  return subcommand(
    'restore',
    'Restores a backup into an empty database or a new file, and compares it with what was backed up.',
  )
    .argument(
      '[folder]',
      'of the backup, or s3://BUCKET/PREFIX/ID; with --rehearse by default the newest in BACKUP_DIR',
    )
    .option(
      '--into <target>',
      'the connection string of an empty PostgreSQL database, or an SQLite file that is not there. Others on this machine can see a password in it: prefer --into-file',
    )
    .option('--into-file <file>', 'a file with the connection string')
    .option('--database <name>', 'which one, of a backup that has several')
    .option(
      '--no-rights',
      'restore neither owners nor grants: all belongs to the role that restores',
    )
    .option('--no-media', 'leave the files of the media store out')
    .option(
      '--rehearse',
      'restore it into scratch databases, apply there what this build has pending, tell times and locks, and drop them',
    )
    .action((folder: string | undefined, flags: Flags) =>
      runCommand(flags, async (context) => {
        if (flags.rehearse !== true) return restore(context, given(folder), flags);
        refuseTarget(flags);
        const { rehearsal } = await import('./restore-rehearse.js');
        return rehearsal(context, folder, flags.json === true);
      }),
    );
}

/** @throws USAGE */
function given(folder: string | undefined): string {
  if (folder !== undefined) return folder;
  throw new ReasonError('USAGE', { detail: 'name the folder of the backup' });
}

/** @throws USAGE */
function refuseTarget({ into, intoFile, database }: Flags): void {
  if (into === undefined && intoFile === undefined && database === undefined) return;
  throw new ReasonError('USAGE', {
    detail: '--rehearse makes its own databases: it takes no --into, --into-file and --database',
  });
}

async function restore(context: CommandContext, folder: string, flags: Flags): Promise<Report> {
  const target = targetOf(context, flags);
  const { restoreBackup } = await import('../backup/restore-backup.js');
  const working = await backupContext(context, flags);
  const { backup, database, notes } = await withBackupFolder(working, folder, (place) =>
    restoreBackup(working, place, target, flags.database),
  );
  const rows = database.tables.reduce((sum, each) => sum + each.rows, 0);
  const place = 'file' in target ? target.file : maskDsn(target.postgres.dsn);
  const compared = `${rows} rows of ${database.tables.length} tables are what was backed up at ${backup.manifest.began_at}.`;
  const told = [...notes, ...identityNotes(database.type)];
  return {
    text: `${place}: ${compared}\n${told.map((note) => `note: ${note}\n`).join('')}`,
    document: {
      restored: backup.manifest.id,
      database: database.name,
      into: place,
      tables: database.tables,
      notes: told,
    },
  };
}

/** Another database is not what was pinned. */
function identityNotes(type: string): readonly string[] {
  return type === 'postgresql'
    ? [
        'a service in PRODUCTION has pinned another database: run `holdfast identity accept` with its settings before it starts on this one',
      ]
    : [];
}

/** @throws USAGE */
function targetOf({ settings }: CommandContext, { into, intoFile, rights }: Flags): RestoreTarget {
  if ((into === undefined) === (intoFile === undefined))
    throw new ReasonError('USAGE', { detail: 'give one of --into and --into-file' });
  const postgres = (dsn: string, option: string): RestoreTarget => ({
    postgres: databaseAt(dsn, option, settings),
    keepsRights: rights,
  });
  if (intoFile !== undefined)
    return postgres(dsnIn(intoFile, '--into-file', settings), '--into-file');
  const given = into ?? '';
  return given.includes('://') ? postgres(given, '--into') : { file: given };
}
