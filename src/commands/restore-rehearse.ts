import { existsSync } from 'node:fs';
import type { Report } from '@holdfast/guard/command/report';
import { valuesOf } from '@holdfast/guard/values-of';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { backupVariables } from '../backup/backup.variables.js';
import { isAheadOfTime, newestFirst } from '../backup/folder/backup-folder.js';
import { SAMPLE_MS } from '../backup/postgres/held-locks.js';
import {
  type ChangedTable,
  rehearse,
  type RehearsedDatabase,
  type RehearsedMigration,
} from '../backup/rehearse.js';
import { withBackupFolder } from '../backup/storage/backup-place.js';
import { ReasonError } from '../reasons.js';
import { migratedStores } from '../service.js';
import { backupContext } from './backup.js';
import { migrationReporter } from './migrate-up.js';

/**
 * `holdfast restore --rehearse`: what `migrate up` of this build will do to the data of a backup.
 * @param given the backup's folder; the newest in BACKUP_DIR unless given
 * @throws USAGE, and as `rehearse`
 */
export async function rehearsal(
  context: CommandContext,
  given: string | undefined,
  json: boolean,
): Promise<Report> {
  const folder = given ?? (await newestFolder(context));
  const stores = migratedStores(context.settings.stores);
  const reporter = migrationReporter();
  const working = await backupContext(context, { json });
  const databases = await withBackupFolder(working, folder, (place) =>
    rehearse(working, place, { stores, reporter }),
  );
  return {
    text: `${folder}\n${databases.map(textOf).join('')}Nothing of it is left.\n`,
    document: {
      folder,
      sample_ms: SAMPLE_MS,
      databases: databases.map(
        ({ name, restoreSeconds, migrations, unchanged, changed, mediaFiles }) => ({
          name,
          restore_seconds: restoreSeconds,
          migrations: migrations.map(({ store, migration, durationMs, locks }) => ({
            store,
            migration,
            duration_ms: durationMs,
            locks: locks.map(({ heldMs, ...lock }) => ({ ...lock, held_ms: heldMs })),
          })),
          tables_unchanged: unchanged,
          tables_changed: changed,
          ...(mediaFiles !== undefined && { media_files_compared: mediaFiles }),
        }),
      ),
    },
  };
}

/** @throws USAGE */
async function newestFolder({ settings }: CommandContext): Promise<string> {
  const { BACKUP_DIR } = valuesOf(settings, backupVariables);
  if (BACKUP_DIR !== undefined && existsSync(BACKUP_DIR))
    // What a wrong clock has dated ahead is older than it says.
    for await (const backup of newestFirst(BACKUP_DIR))
      if (!isAheadOfTime(backup)) return backup.folder;
  const detail =
    BACKUP_DIR === undefined
      ? 'name the folder of a backup, or set BACKUP_DIR'
      : `there is no backup in ${BACKUP_DIR}`;
  throw new ReasonError('USAGE', { detail });
}

function textOf({
  name,
  restoreSeconds,
  migrations,
  unchanged,
  changed,
  mediaFiles,
}: RehearsedDatabase): string {
  return [
    `${name}: restored and compared in ${restoreSeconds.toFixed(1)} s`,
    ...(mediaFiles === undefined
      ? []
      : [
          `  ${mediaFiles} files of the media store are as their rows say; they stay in the backup, and are put nowhere`,
        ]),
    ...(migrations.length === 0 ? ['  nothing is pending'] : migrations.flatMap(migrationLines)),
    `  ${unchanged} tables have the rows that they had`,
    ...changed.map(changedLine),
    '',
  ].join('\n');
}

function migrationLines({
  store,
  migration,
  durationMs,
  locks,
}: RehearsedMigration): readonly string[] {
  return [
    `  ${store} ${migration}: applied in ${durationMs.toFixed(1)} ms`,
    ...locks.map(
      ({ table, mode, blocks, heldMs }) =>
        `    ${table}: no ${blocks} for about ${heldMs.toFixed(0)} ms (${mode})`,
    ),
  ];
}

function changedLine({ table, before, after }: ChangedTable): string {
  if (before === null) return `  ${table}: new, ${after ?? 0} rows`;
  if (after === null) return `  ${table}: gone, with its ${before} rows`;
  const rows = before === after ? `${after} rows as before` : `${before} rows before, ${after} now`;
  return `  ${table}: changed, ${rows}`;
}
