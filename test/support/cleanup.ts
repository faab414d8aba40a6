import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

interface Cleanup {
  /** What is handed over is done after the test, last first, whether the test passed or not. */
  readonly later: (work: () => unknown) => void;
  /** A folder that is gone after the test. */
  readonly temporaryFolder: () => string;
}

/** Call it once, at the top of a test file. */
export function cleanup(): Cleanup {
  const works: (() => unknown)[] = [];
  afterEach(async () => {
    for (const work of works.splice(0).reverse()) await work();
  });
  const later = (work: () => unknown) => {
    works.push(work);
  };
  return {
    later,
    temporaryFolder: () => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
      later(() => {
        chmodSync(folder, 0o755);
        rmSync(folder, { recursive: true, force: true });
      });
      return folder;
    },
  };
}
