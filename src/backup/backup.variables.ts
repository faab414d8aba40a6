import { text } from '@holdfast/guard/variable';

/** Where backups lie, and what makes them. */
export const backupVariables = {
  BACKUP_DIR: text('folder that `holdfast backup` writes into where there is no --out'),
  BACKUP_PG_BIN: text(
    'folder with pg_dump and pg_restore; by default they are looked for on the PATH and where Debian has them',
  ),
};
