import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import {
  backup,
  cli,
  expectServed,
  filesIn,
  fillMedia,
  PHOTOS,
} from '../support/media/filled-media.js';
import { environmentOf } from '../support/migrations.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { type S3Server, startS3 } from '../support/s3.js';

const { later, temporaryFolder } = cleanup();

describe('a media store in a bucket', () => {
  let server: PostgresServer;
  let place: S3Server;
  let storage: S3Server;
  beforeAll(async () => {
    [place, storage] = await Promise.all([startS3('media'), startS3()]);
    server = await startInstalledServer();
  }, 60_000);
  afterAll(async () => {
    await Promise.all([place.stop(), storage.stop()]);
    await server.remove();
  });

  it('on PostgreSQL: is backed up encrypted, uploaded, verified, and restored from there', async () => {
    const [source, target] = [await createDatabase(server.url), await createDatabase(server.url)];
    later(() => Promise.all([source.drop(), target.drop()]));
    const identity = await generateIdentity();
    const key = join(temporaryFolder(), 'key.txt');
    writeFileSync(key, `${identity}\n`, { mode: 0o600 });
    const media = await fillMedia({
      ...environmentOf(source.url),
      MEDIA_FILES: 's3',
      MEDIA_S3_ENDPOINT: place.endpoint,
      MEDIA_S3_BUCKET: place.bucket,
      MEDIA_S3_ACCESS_KEY_ID: place.key,
      MEDIA_S3_SECRET_ACCESS_KEY: place.key,
      ...storage.environment,
      BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
      BACKUP_AGE_IDENTITY_PATH: key,
    });
    later(media.remove);
    const made = await backup(media, '--verify');
    const { id, media: archived } = manifestIn(made);
    expect(archived).toMatchObject({ file: 'media.tar.age', files: PHOTOS + 1 });
    const objects = storage.objects().filter((name) => name.includes(id));
    expect(objects).toEqual(expect.arrayContaining([expect.stringContaining('media.tar.age')]));
    const root = join(temporaryFolder(), 'media');
    const environment = {
      ...media.environment,
      MEDIA_FILES: 'folder',
      MEDIA_ROOT: root,
      MEDIA_ROOT_DURABLE: 'true',
    };
    const url = `s3://${storage.bucket}/nightly/here/${id}`;
    const ended = await cli({ environment }, 'restore', url, '--into', target.url);
    expect(ended).toMatchObject({ code: 0 });
    expect(filesIn(root)).toHaveLength(PHOTOS + 1);
    const moved = { ...environment, DATABASE_URL: target.url };
    expect(await cli({ environment: moved }, 'identity', 'accept')).toMatchObject({ code: 0 });
    await expectServed(moved, media.served);
  });
});
