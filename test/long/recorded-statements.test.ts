import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

/** The contracts of all ports run within it, beside the other tests. */
const LIMIT_MS = 600_000;

it(
  'what is recorded of each store is what its contract sends, no more and no less',
  () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/statements.mjs', '--check'], {
      encoding: 'utf8',
      timeout: LIMIT_MS,
    });
    expect({ status, stale: /^migrations\/.* is stale:\n.*/m.exec(stderr)?.[0] ?? null }).toEqual({
      status: 0,
      stale: null,
    });
  },
  LIMIT_MS,
);
