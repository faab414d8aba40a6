import { EXIT, configuration, defineReasons } from '@holdfast/core/reasons';
import '@holdfast/copy/reasons';
import '@holdfast/nest/reasons';

/** What a backup and a restore are refused or stopped for. */
export const reasons = defineReasons({
  BACKUP_TOOL_MISSING: {
    meaning: 'There is no pg_dump or no pg_restore on this machine.',
    fix: "Install PostgreSQL's client programs (Debian: postgresql-client), or name their folder by BACKUP_PG_BIN.",
    exit: EXIT.unavailable,
  },
  BACKUP_TOOL_TOO_OLD: {
    meaning: 'pg_dump or pg_restore is older than the server: it does not know all that is there.',
    fix: "Install the client programs of the server's version or a later one, or name their folder by BACKUP_PG_BIN.",
    exit: EXIT.unavailable,
  },
  BACKUP_SOURCE_MISSING: {
    meaning: 'There is no database to back up.',
    fix: 'Check with `holdfast config` where the stores keep their data; `holdfast migrate up` makes what is missing.',
    exit: EXIT.failed,
  },
  BACKUP_UNDER_WAY: {
    meaning: 'Another process makes a backup in the same folder.',
    fix: 'Wait for it, or give another --out.',
    exit: EXIT.failed,
  },
  BACKUP_REQUIRES_SESSION: configuration(
    'A backup and a restore need a session of their own, which a connection pooler such as PgBouncer does not give in this mode.',
    'Give this command a connection string that leads to the server itself.',
  ),
  BACKUP_FAILED: {
    meaning: 'The database could not be read to its end; there is no new backup.',
    fix: 'Read what PostgreSQL says: a right, a lock or a server that has gone away. Run it again.',
    exit: EXIT.failed,
  },
  BACKUP_MEDIA_LOST: {
    meaning:
      'A file of the media store that a row names is not there, or is not what the row says; there is no new backup.',
    fix: '`holdfast media fsck` names what is missing: put the file back, or delete the template; or back up the databases alone with --no-media.',
    exit: EXIT.failed,
  },
  BACKUP_NOT_WRITTEN: {
    meaning: 'The backup could not be written; there is no new one.',
    fix: 'Check the folder, the rights on it and the free space.',
    exit: EXIT.failed,
  },
  BACKUP_STOPPED: {
    meaning: 'The backup or the restore was stopped by a signal.',
    fix: 'Run it again, a restore into a new target. What a backup has begun is removed, by the next run at the latest.',
    exit: EXIT.failed,
  },
  BACKUP_INVALID: {
    meaning: 'The folder holds no whole backup: its manifest and its files do not fit each other.',
    fix: 'Use another backup. Nothing has been restored; find out what has changed the files, since it may have changed others.',
    exit: EXIT.failed,
  },
  BACKUP_KEY_INVALID: configuration(
    'What BACKUP_AGE_RECIPIENTS or the file of BACKUP_AGE_IDENTITY_PATH has in it is no key of age, or a secret key lies open to everybody.',
    'Make a pair with `age-keygen -o FILE`: the line AGE-SECRET-KEY-… stays in the file, which its owner alone can read; age1… is the recipient.',
  ),
  BACKUP_KEY_MISSING: configuration(
    'The backup is encrypted, and there is no secret key to open it with.',
    'Name the file with the secret key by BACKUP_AGE_IDENTITY_PATH; `backup` without --verify needs none.',
  ),
  BACKUP_KEY_WRONG: configuration(
    'The backup is encrypted for other keys than those that are given; nothing has been touched.',
    'Give the file with the secret key of one of the recipients that are named; several keys may stand in one file, one a line.',
  ),
  BACKUP_STORAGE_INVALID: configuration(
    'What BACKUP_S3_… says is not enough to reach a bucket.',
    'Give BACKUP_S3_ENDPOINT, BACKUP_S3_BUCKET, BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY (or its file).',
  ),
  BACKUP_STORAGE_FAILED: {
    meaning:
      'The place of BACKUP_S3_… does not take or give the backup; what has no manifest there is none.',
    fix: 'Read its code: a key, a right, a bucket or a line that is missing. A backup that was made is in its folder all the same.',
    exit: EXIT.unavailable,
  },
  BACKUP_SCRATCH_REFUSED: {
    meaning:
      'The backup is made, and could not be verified: there is no scratch database to restore it into.',
    fix: 'Let the role create databases (ALTER ROLE … CREATEDB), or name a server and a role that may by BACKUP_SCRATCH_URL.',
    exit: EXIT.failed,
  },
  RESTORE_PROOF_STALE: {
    meaning:
      'No backup that is young enough has been restored and compared: BACKUP_MAX_AGE_HOURS asks for one.',
    fix: 'Run `holdfast backup --verify`, and find out why the schedule that does so has not, or has failed.',
    exit: EXIT.failed,
  },
  RESTORE_TARGET_NOT_EMPTY: {
    meaning: 'The target of the restore holds something already.',
    fix: 'Restore into a new database or a file that is not there, and lead the service to that.',
    exit: EXIT.failed,
  },
  RESTORE_FAILED: {
    meaning: 'The backup could not be restored; the target is as it was.',
    fix: 'Read what PostgreSQL says: an extension, a role, a right or space that is missing, or a server that has gone away. --no-rights leaves owners and grants out; roles that policies and user mappings name have to be made. Run it again.',
    exit: EXIT.failed,
  },
  RESTORE_DATABASE_DIFFERS: {
    meaning:
      'All rows are restored, and the database that they are in has another encoding, collation, settings or versions of extensions than the one that was backed up.',
    fix: 'Set what is not set: ALTER DATABASE … SET, or ALTER ROLE … IN DATABASE … SET; of an extension ALTER EXTENSION … UPDATE TO. Where the encoding or collation is another, restore again into a database that is made with those of the backup.',
    warning: true,
  },
  RESTORE_RIGHTS_DIFFER: {
    meaning:
      'All rows are restored, and others than the owners may do more, or less, with them than they could where the backup was made.',
    fix: 'Of what is named, REVOKE what has a plus and GRANT what has a minus before a service uses the database; or restore as a role without default privileges.',
    warning: true,
  },
  RESTORE_MISMATCH: {
    meaning: 'What was restored is not what was backed up.',
    fix: 'Use neither the backup nor what was restored; restore an older backup, and report it with the tables that are named.',
    exit: EXIT.failed,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
