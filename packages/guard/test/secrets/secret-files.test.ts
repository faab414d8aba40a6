import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { createPrivateFile, replaceFile } from '@holdfast/guard/secrets/replace-file';
import { readSecretFile } from '@holdfast/guard/secrets/secret-file';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { readFile } from '@holdfast/guard/configure';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
/** A file of that mode in a folder of that mode, both new. */
function file(mode: number, folderMode = 0o755): string {
  chmodSync(folder, 0o755);
  const inside = join(folder, `folder-${(count += 1)}`);
  mkdirSync(inside);
  const path = join(inside, 'secret');
  writeFileSync(path, 'x');
  chmodSync(path, mode);
  chmodSync(inside, folderMode);
  return path;
}

describe('who else can read the file of a secret', () => {
  it.each<[string, number, number, ReturnType<NonNullable<typeof readFile.exposureOf>>]>([
    ['for every user', 0o644, 0o755, 'others'],
    ['for others alone', 0o604, 0o755, 'others'],
    ['for its owner', 0o600, 0o755, undefined],
    ['for every user, in a folder that lets nobody in', 0o644, 0o700, undefined],
  ])('a file %s', (_, mode, folderMode, expected) => {
    expect(readFile.exposureOf?.(file(mode, folderMode))).toBe(expected);
  });

  it('is looked at where a link leads to', () => {
    const link = join(folder, 'link');
    symlinkSync(file(0o644), link);
    expect(readFile.exposureOf?.(link)).toBe('others');
  });

  it('is nobody where a volume of Kubernetes has it, or a folder or nothing is there', () => {
    const data = join(folder, '..2026_11_29_12_00_00.123456789');
    mkdirSync(data);
    writeFileSync(join(data, 'dsn'), 'x', { mode: 0o644 });
    symlinkSync(data, join(folder, '..data'));
    symlinkSync('..data/dsn', join(folder, 'dsn'));
    expect(readFile(join(folder, 'dsn'))).toBe('x');
    for (const path of ['dsn', '', 'missing'].map((each) => join(folder, each))) {
      expect(readFile.exposureOf?.(path)).toBeUndefined();
    }
  });
});

describe('a file that is replaced', () => {
  it.each([0o600, 0o640, 0o444])('keeps its mode %o, also behind a link', (mode) => {
    const path = file(mode);
    const link = join(folder, `link-${count}`);
    symlinkSync(path, link);
    replaceFile(link, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  it('is as it was where it cannot be written', () => {
    const missing = join(folder, 'not-there');
    expect(() => {
      replaceFile(missing, 'x');
    }).toThrow('is as it was: it cannot be written');
  });

  it('is made for its owner alone, and never over another', () => {
    const path = join(folder, 'made');
    createPrivateFile(path, 'first');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => {
      createPrivateFile(path, 'second');
    }).toThrow('is as it was: it cannot be written');
    expect(readFileSync(path, 'utf8')).toBe('first');
  });
});

describe('a secret file that is read again', () => {
  it('is opened with the keys that the key file has by then', async () => {
    const keyFile = join(folder, 'keys');
    const path = join(folder, 'password');
    const [old, newest] = ['old', 'newest'].map(newSecretKeyLine) as [string, string];
    const read = () => readSecretFile({ path, variable: 'DB_PASSWORD', keyFile });
    writeFileSync(keyFile, old);
    writeFileSync(path, `${encryptValue('one', parseSecretKeys(old), 'DB_PASSWORD')}\n`);
    expect(await read()).toBe('one');
    writeFileSync(keyFile, `${newest}\n${old}\n`);
    expect(await read()).toBe('one');
    writeFileSync(path, encryptValue('two', parseSecretKeys(newest), 'DB_PASSWORD'));
    expect(await read()).toBe('two');
    writeFileSync(keyFile, old);
    await expect(read()).rejects.toThrow('not in the key file');
    writeFileSync(path, 'plain\n');
    expect(await read()).toBe('plain');
  });
});
