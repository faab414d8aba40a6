import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newFilePath } from '../../src/stores/media/files/file-path.js';
import { cleanup } from '../support/cleanup.js';
import { startFiles } from '../support/media/files-process.js';
import { type S3Server, startS3 } from '../support/s3.js';

const { temporaryFolder } = cleanup();

const GIB = 1 << 30;
const MOST_GROWN_BYTES = 64 << 20;

describe('a file of a gibibyte', () => {
  let server: S3Server;

  beforeAll(async () => {
    server = await startS3('media');
  });

  afterAll(() => server.stop());

  it.each(['a folder', 'a bucket'])(
    'is stored in %s and read again in little memory',
    async (place) => {
      const bucket = { endpoint: server.endpoint, name: server.bucket, key: server.key };
      const { ended } = startFiles({
        root: temporaryFolder(),
        paths: [newFilePath('result')],
        bytes: GIB,
        isMeasured: true,
        ...(place !== 'a folder' && { bucket }),
      });
      const measured = (await ended).at(-1);
      expect(measured?.read).toBe(GIB);
      expect(measured?.grownBytes).toBeLessThan(MOST_GROWN_BYTES);
      process.stdout.write(`${place}: ${String(Number(measured?.grownBytes) >> 20)} MiB\n`);
    },
    300_000,
  );
});
