import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { Secret } from '@holdfast/core/secret';
import { s3Client } from '../../../src/object-storage/s3-client.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { S3MediaFiles } from '../../../src/stores/media/files/s3/s3-media-files.js';
import { type S3Server, startS3 } from '../../support/s3.js';
import { filesBelow } from '../../support/media/files-below.js';
import { mediaFilesCases } from './cases.js';

let server: S3Server;

beforeAll(async () => {
  server = await startS3('media');
});

afterAll(() => server.stop());

mediaFilesCases('a bucket', async () => {
  const spool = mkdtempSync(join(tmpdir(), 'holdfast-media-'));
  const client = s3Client({
    endpoint: server.endpoint,
    bucket: server.bucket,
    region: undefined,
    accessKey: server.key,
    secretKey: new Secret(server.key),
  });
  const files = new S3MediaFiles(client, {
    spool: new FolderMediaFiles(join(spool, 'a', 'b', 'c')),
  });
  for await (const { path } of files.list()) await files.remove(path);
  return {
    files,
    everything: () =>
      [
        ...server.objects(),
        ...filesBelow(spool).map((name) => name.replace(/^a\/b\/c\//, '')),
      ].toSorted(),
    close: () => {
      rmSync(spool, { recursive: true, force: true });
    },
  };
});
