import { lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { s3Client } from '../../../object-storage/s3-client.js';
import { mediaVariables } from '../media.variables.js';
import { ReasonError } from '../media.reasons.js';
import { FolderMediaFiles } from './folder/folder-media-files.js';
import type { MediaFiles } from './media-files.js';
import { S3MediaFiles } from './s3/s3-media-files.js';

const OWNER_ALONE = 0o700;

/**
 * The place that the settings name; nothing of it is touched before it is used.
 * @throws MEDIA_FILES_S3_INCOMPLETE, which the guard has found already where a service starts
 */
export function openMediaFiles(settings: Settings): MediaFiles {
  const values = valuesOf(settings, mediaVariables);
  if (values.MEDIA_FILES === 'folder') return new FolderMediaFiles(values.MEDIA_ROOT);
  const {
    MEDIA_S3_ENDPOINT: endpoint,
    MEDIA_S3_BUCKET: bucket,
    MEDIA_S3_REGION: region,
    MEDIA_S3_ACCESS_KEY_ID: accessKey,
    MEDIA_S3_SECRET_ACCESS_KEY: secretKey,
  } = values;
  if (!endpoint || !bucket || !accessKey || !secretKey)
    throw new ReasonError('MEDIA_FILES_S3_INCOMPLETE');
  const client = s3Client({ endpoint, bucket, region, accessKey, secretKey });
  return new S3MediaFiles(client, {
    spool: new FolderMediaFiles(spoolFolder(), { isScratch: true }),
  });
}

/**
 * Where files are for the time of a request. It is the same after a process was killed, so that what it left is
 * found; but none that somebody else has put there.
 */
function spoolFolder(): string {
  const { uid, username } = userInfo();
  const folder = join(tmpdir(), `holdfast-media-${uid === -1 ? username : uid}`);
  try {
    mkdirSync(folder, { mode: OWNER_ALONE });
    return folder;
  } catch {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    const isOwn = found?.isDirectory() && (uid === -1 || found.uid === uid);
    const isClosed = found && (found.mode & 0o077) === 0;
    // Where nothing can be made at all, the first use says so.
    if (!found || (isOwn && isClosed)) return folder;
    return mkdtempSync(`${folder}-`);
  }
}
