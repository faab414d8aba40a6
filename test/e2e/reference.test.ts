import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** For a machine that is busy with other things. */
const BUSY_MS = 120_000;

it(
  'docs/reference is what the code says: else run npm run reference',
  async () => {
    const args = ['--import', './bench/support/typescript.mjs', 'scripts/reference.mjs', '--check'];
    await expect(promisify(execFile)(process.execPath, args)).resolves.toEqual({
      stdout: '',
      stderr: '',
    });
  },
  BUSY_MS,
);
