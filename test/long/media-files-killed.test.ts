import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '@holdfast/core/secret';
import { s3Client } from '../../src/object-storage/s3-client.js';
import { newFilePath } from '../../src/stores/media/files/file-path.js';
import { FolderMediaFiles } from '../../src/stores/media/files/folder/folder-media-files.js';
import type { MediaFiles } from '../../src/stores/media/files/media-files.js';
import { S3MediaFiles } from '../../src/stores/media/files/s3/s3-media-files.js';
import { cleanup } from '../support/cleanup.js';
import { sha256Of, pattern } from '../support/media/content.js';
import { startFiles } from '../support/media/files-process.js';
import { type S3Server, startS3 } from '../support/s3.js';

const { temporaryFolder } = cleanup();

/** Large enough that it is often killed in the middle of one. */
const BYTES = 12_000_000;
const ROUNDS = 20;

describe('a process that is killed while it stores files', () => {
  let server: S3Server;

  beforeAll(async () => {
    server = await startS3('media');
  });

  afterAll(() => server.stop());

  it.each(['a folder', 'a bucket'])(
    'leaves each of them whole or absent in %s, and what is half-written can be found',
    async (place) => {
      const root = temporaryFolder();
      const access = { endpoint: server.endpoint, bucket: server.bucket, region: undefined };
      const keys = { accessKey: server.key, secretKey: new Secret(server.key) };
      const folder = new FolderMediaFiles(root);
      const bucket = { endpoint: server.endpoint, name: server.bucket, key: server.key };
      const files: MediaFiles =
        place === 'a folder'
          ? folder
          : new S3MediaFiles(s3Client({ ...access, ...keys }), { spool: folder });
      const expected = await sha256Of(pattern(BYTES));
      let seenPart = 0;
      let seenStored = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const paths = Array.from({ length: 50 }, () => newFilePath('result'));
        const child = startFiles({
          root,
          paths,
          bytes: BYTES,
          ...(place !== 'a folder' && { bucket }),
        });
        // From its start until several are stored.
        await new Promise((resolve) => child.process.stdout?.once('data', resolve));
        await wait(round * 23);
        child.process.kill('SIGKILL');
        const stored = (await child.ended).map((line) => line.stored);
        seenStored += stored.length;
        const found: string[] = [];
        for await (const { path } of files.list()) found.push(path);
        for (const path of found.filter((each) => paths.includes(each))) {
          const content = (await files.open(path)) as AsyncIterable<Uint8Array>;
          expect([path, await sha256Of(content)]).toEqual([path, expected]);
        }
        expect(found).toEqual(expect.arrayContaining(stored));
        // At most the one that was under way.
        const parts = found.filter((path) => path.endsWith('.part'));
        expect(parts.length).toBeLessThanOrEqual(1);
        seenPart += parts.length;
        for (const path of found) await files.remove(path);
        const left: string[] = [];
        for await (const { path } of files.list()) left.push(path);
        expect(left).toEqual([]);
      }
      expect(seenStored).toBeGreaterThanOrEqual(ROUNDS);
      if (place === 'a folder') expect(seenPart).toBeGreaterThan(ROUNDS / 4);
    },
    300_000,
  );
});
