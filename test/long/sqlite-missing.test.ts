import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { execute } from '../support/program.js';

const { temporaryFolder } = cleanup();

let keys: string;
beforeAll(async () => {
  keys = (await execute('cli.js', ['secret', 'generate-key'], {})).stdout;
});

/** Of encrypted values, in a folder of its own. */
function keyFile(): string {
  const file = join(temporaryFolder(), 'keys');
  writeFileSync(file, keys, { mode: 0o400 });
  return file;
}

/** What ends well without the file, because its work is to make one. */
const MAKING = [['migrate', 'status'], ['migrate', 'plan'], ['identity']];

describe.each(['mistyped.sqlite', 'nowhere/mistyped.sqlite'])('SQLITE_PATH names %s', (name) => {
  it.each([
    [['media', 'fsck'], 69, 'SQLITE_UNAVAILABLE'],
    [['media', 'fsck', '--repair'], 69, 'SQLITE_UNAVAILABLE'],
    [['media', 'cleanup'], 69, 'SQLITE_UNAVAILABLE'],
    [['media', 'cleanup', '--dry-run'], 69, 'SQLITE_UNAVAILABLE'],
    [['purge'], 69, 'SQLITE_UNAVAILABLE'],
    [['purge', '--dry-run'], 69, 'SQLITE_UNAVAILABLE'],
    [['secret', 'rotate', '--stored'], 69, 'SQLITE_UNAVAILABLE'],
    [['backup', '--out', 'backups'], 1, 'BACKUP_SOURCE_MISSING'],
    [['migrate', 'baseline', '--store', 'media', '--to', '0001'], 1, 'MIGRATION_BASELINE_REFUSED'],
    [['copy', '--to', 'postgres://app:secret@127.0.0.1:1/app'], 69, 'COPY_SOURCE_UNREADABLE'],
    [['copy', 'inspect'], 69, 'COPY_SOURCE_UNREADABLE'],
  ] as const)('%j says so, and makes no file', async (args, code, reason) => {
    const folder = temporaryFolder();
    const path = join(folder, name);
    const named = args[0] !== 'copy' ? [] : args[1] === 'inspect' ? [path] : ['--from', path];
    const environment = {
      MEDIA_ENABLED: 'true',
      SQLITE_PATH: path,
      MEDIA_ROOT: join(folder, 'media'),
      HOLDFAST_SECRET_KEY_FILE: keyFile(),
    };
    const given = args.map((arg) => (arg === 'backups' ? join(temporaryFolder(), arg) : arg));
    const ended = await execute('cli.js', [...given, ...named, '--json'], environment);
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
      code,
      { error: { code: reason } },
    ]);
    expect(ended.stdout).toContain(reason === 'MIGRATION_BASELINE_REFUSED' ? 'no database' : path);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(MAKING)('%s %s goes without it, and makes none', async (...args) => {
    const folder = temporaryFolder();
    const path = join(folder, name);
    const environment = { MEDIA_ENABLED: 'true', SQLITE_PATH: path };
    const ended = await execute('cli.js', args, environment);
    expect(ended).toMatchObject({ code: 0 });
    const isTold = ended.stdout.startsWith(`${path} is not there yet`);
    expect(isTold).toBe(args[1] === 'status');
    expect(readdirSync(folder)).toEqual([]);
  });
});
