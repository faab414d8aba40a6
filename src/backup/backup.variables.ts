import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { secret, text, whole } from '@holdfast/guard/variable';

/** Where backups lie, and what makes them. */
export const backupVariables = {
  BACKUP_DIR: text(
    'folder that `holdfast backup` writes into where there is no --out, and in which the service looks how old the last verified backup is',
  ),
  BACKUP_MAX_AGE_HOURS: whole(
    0,
    87_600,
    0,
    'hours after which the last verified backup is too old, as `holdfast check` and readiness tell; 0 for never',
  ),
  BACKUP_SCRATCH_URL: secret(
    'connection string by which `backup --verify` creates and drops scratch databases; by default that of the database',
  ),
  BACKUP_AGE_RECIPIENTS: text(
    'public keys of age that backups are encrypted for, separated by commas; by default backups are not encrypted',
  ),
  BACKUP_AGE_IDENTITY_PATH: text(
    'file with the secret keys of age by which encrypted backups are verified and restored, one a line, as age-keygen writes it; making them needs none',
  ),
  BACKUP_S3_BUCKET: text(
    'bucket that every backup is uploaded into once it is made; by default backups stay in their folder',
  ),
  BACKUP_S3_ENDPOINT: text(
    'URL of S3, or of a server that speaks as it does, for example https://s3.eu-central-1.amazonaws.com',
  ),
  BACKUP_S3_REGION: text('region that requests are signed for; by default us-east-1'),
  BACKUP_S3_PREFIX: text('what the names of backups in the bucket begin with, as a folder'),
  BACKUP_S3_ACCESS_KEY: text('id of the key that requests are signed with'),
  BACKUP_S3_SECRET_KEY: secret('secret key that requests are signed with'),
  BACKUP_PG_BIN: text(
    'folder with pg_dump and pg_restore; by default they are looked for on the PATH and where Debian has them',
  ),
};

/** Whether anybody has said where backups are, or that there have to be some. */
export function looksAfterBackups(settings: Settings): boolean {
  const { BACKUP_DIR, BACKUP_MAX_AGE_HOURS } = valuesOf(settings, backupVariables);
  return BACKUP_DIR !== undefined || BACKUP_MAX_AGE_HOURS > 0;
}
