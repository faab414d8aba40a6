import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { failure } from '../support/failed-start.js';
import { execute } from '../support/program.js';

const { temporaryFolder } = cleanup();

describe('an SQLite path that cannot be used ends the start with 69:', () => {
  const rootsModesDoNotCount =
    process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];

  it('a new file in a folder that may not be written to', async () => {
    const cwd = temporaryFolder();
    chmodSync(cwd, 0o555);
    const options = { cwd, prefix: rootsModesDoNotCount };
    const { exit, code } = await failure({ SQLITE_PATH: 'holdfast.sqlite' }, options);
    expect(exit).toBe(69);
    expect(['SQLITE_UNAVAILABLE', 'SQLITE_READ_ONLY']).toContain(code);
  });

  it('a database that may not be written to', async () => {
    const cwd = temporaryFolder();
    const SQLITE_PATH = 'holdfast.sqlite';
    expect(await execute('cli.js', ['migrate', 'up'], { SQLITE_PATH }, { cwd })).toMatchObject({
      code: 0,
    });
    chmodSync(join(cwd, SQLITE_PATH), 0o444);
    const options = { cwd, prefix: rootsModesDoNotCount };
    expect(await failure({ SQLITE_PATH }, options)).toMatchObject({
      exit: 69,
      code: 'SQLITE_READ_ONLY',
    });
  });
});
