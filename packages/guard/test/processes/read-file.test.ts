import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readFile } from '@holdfast/guard/configure';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { readSecretFile } from '@holdfast/guard/secrets/secret-file';
import { eventually } from '../../../../test/support/eventually.js';
import { service } from '../../../../src/service.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pipe(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

function faultOf(path: string): string | undefined {
  const { violations } = readEnvironment(
    { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL_FILE: path },
    service,
    readFile,
  );
  return violations.map(({ code, message }) => `${code} ${message}`)[0];
}

describe('the file of a secret', () => {
  it('is read from what is no file without hanging', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, 'x'.repeat(65_537));
    const silent = pipe('silent');
    expect(faultOf('/dev/zero')).toMatch(/^SECRET_FILE_UNREADABLE .*without an end/);
    expect(faultOf(large)).toMatch(/^SECRET_FILE_UNREADABLE .*64 KiB/);
    expect(faultOf(silent)).toMatch(/^SECRET_FILE_UNREADABLE .*pipe/);
    expect(faultOf(folder)).toMatch(/^SECRET_FILE_UNREADABLE .*folder/);
    expect(faultOf(join(folder, 'none'))).toMatch(/^SECRET_FILE_UNREADABLE .*not there/);
    for (const path of ['/dev/zero', silent, large])
      await expect(readSecretFile({ path, variable: 'DATABASE_URL' })).rejects.toThrow();
  });

  it('may be a pipe that somebody writes, though later', async () => {
    const path = pipe('written');
    const text = 'x'.repeat(65_000);
    spawn('sh', ['-c', 'exec 3>"$0"; sleep 0.2; printf %s "$1" >&3; sleep 0.2', path, text]);
    expect(await eventually(() => readFile(path))).toBe(text);
    expect(readFile('/dev/null')).toBe('');
  });

  it('.env may be a pipe no more than a folder', () => {
    const silent = pipe('dotenv');
    const { violations } = readEnvironment({}, service, (path) =>
      readFile(path === '.env' ? silent : path),
    );
    expect(violations).toMatchObject([{ code: 'SETTING_INVALID', variable: '.env' }]);
  });
});
