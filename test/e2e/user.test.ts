import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { EXIT } from '@holdfast/core/reasons';
import { cleanup } from '../support/cleanup.js';
import { logIn } from '../support/login-client.js';
import { operatorsIn, PASSWORD } from '../support/operators.js';
import { startService } from '../support/service.js';
import { JWT } from '../support/tokens.js';

// Each command hashes a password, which takes seconds on a busy machine.
jest.setTimeout(120_000);

const { later, temporaryFolder } = cleanup();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `holdfast user …`, with a password on stdin. */
function user(file: string | undefined, args: readonly string[], password = ''): Promise<Ended> {
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'user', ...args], {
    env: { PATH: process.env.PATH, ...(file !== undefined && { ADMIN_CREDENTIALS_PATH: file }) },
    stdio: 'pipe',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // One that is refused may have ended before it has read.
  child.stdin.on('error', () => undefined).end(password);
  return new Promise((done) => {
    child.on('close', (code) => {
      done({ code, stdout, stderr });
    });
  });
}

const namesIn = (file: string) => operatorsIn(file).map(({ name }) => name);

describe('holdfast user', () => {
  it('adds an operator who can log in, to a file that its owner alone can read', async () => {
    const file = join(temporaryFolder(), 'operators.json');
    const added = await user(
      file,
      ['add', 'Ada', '--scopes', 'ops:read,runs:read'],
      `${PASSWORD}\n`,
    );
    expect(added).toEqual({
      code: EXIT.ok,
      stdout: 'ada may log in, with ops:read runs:read\n',
      stderr: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(PASSWORD);
    const service = await startService({ ...JWT, ADMIN_CREDENTIALS_PATH: file });
    later(() => service.stop());
    const answer = await logIn(service.url, 'ada');
    expect(answer.body).toMatchObject({ username: 'ada', scope: 'ops:read runs:read' });
    expect(service.output()).not.toContain('secret.exposed');
  });

  it('lists and removes, and gives another password and other scopes', async () => {
    const file = join(temporaryFolder(), 'operators.json');
    for (const name of ['ada', 'bob']) {
      expect((await user(undefined, ['add', name, '--file', file], PASSWORD)).code).toBe(EXIT.ok);
    }
    const [before] = operatorsIn(file);
    const again = await user(file, ['add', 'ada'], PASSWORD);
    expect([again.code, again.stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining('OPERATOR_EXISTS'),
    ]);
    expect(operatorsIn(file)[0]).toEqual(before);
    expect((await user(file, ['add', 'ada', '--replace'], `${PASSWORD}!`)).code).toBe(EXIT.ok);
    const ada = operatorsIn(file).find(({ name }) => name === 'ada');
    expect(ada?.scopes).toEqual(['ops:read']);
    expect([ada?.id === before?.id, ada?.password === before?.password]).toEqual([false, false]);
    expect((await user(file, ['add', 'cyd', '--replace'], PASSWORD)).code).toBe(EXIT.failed);

    const listed = JSON.parse((await user(file, ['list', '--json'])).stdout) as {
      readonly users: readonly { readonly name: string; readonly scopes: readonly string[] }[];
    };
    expect(listed.users.map(({ name }) => name)).toEqual(['bob', 'ada']);
    expect(JSON.stringify(listed)).not.toContain('scrypt');
    expect((await user(file, ['remove', 'ADA'])).stdout).toBe('ada may log in no more\n');
    expect(namesIn(file)).toEqual(['bob']);
    const unknown = await user(file, ['remove', 'ada', '--json']);
    expect([unknown.code, unknown.stdout]).toEqual([
      EXIT.failed,
      expect.stringContaining('"OPERATOR_UNKNOWN"'),
    ]);
  });

  it('loses none of several edits at the same time, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'operators.json');
    const names = ['ada', 'bob', 'cyd', 'dan', 'eve'];
    const ended = await Promise.all(names.map((name) => user(file, ['add', name], PASSWORD)));
    expect(ended.map(({ code }) => code)).toEqual(names.map(() => EXIT.ok));
    expect(namesIn(file).toSorted()).toEqual(names);
    expect(readdirSync(folder)).toEqual(['operators.json']);
  });

  it('keeps mode and owner of a file that is there, and says at the start that others can read it', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const file = join(folder, 'operators.json');
    await user(file, ['add', 'ada'], PASSWORD);
    chmodSync(file, 0o640);
    await user(file, ['add', 'bob'], PASSWORD);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    chmodSync(file, 0o644);
    const service = await startService({ ...JWT, ADMIN_CREDENTIALS_PATH: file });
    later(() => service.stop());
    expect(service.output()).toMatch(
      /SECRET_FILE_PERMISSIONS","variable":"ADMIN_CREDENTIALS_PATH"/,
    );
  });

  it.each<[string, readonly string[], string, number, string]>([
    ['a password that is too short', ['add', 'ada'], 'short', EXIT.usage, 'at least|12 to 1024'],
    ['no password', ['add', 'ada'], '', EXIT.usage, '12 to 1024'],
    ['a name that is none', ['add', 'my password!'], PASSWORD, EXIT.usage, 'a name begins'],
    ['scopes that are none', ['add', 'ada', '--scopes', 'all'], PASSWORD, EXIT.usage, 'scopes are'],
    ['a password as an argument', ['add', 'ada', PASSWORD], '', EXIT.usage, 'too many arguments'],
    ['an unknown option', ['add', 'ada', '--password', 'x'], '', EXIT.usage, 'unknown option'],
    ['a file that is not there, to list', ['list'], '', EXIT.configuration, 'FILE_MISSING'],
    [
      'a file that is not there, to remove',
      ['remove', 'ada'],
      '',
      EXIT.configuration,
      'FILE_MISSING',
    ],
  ])('refuses %s, and makes no file', async (_name, args, password, code, told) => {
    const file = join(temporaryFolder(), 'operators.json');
    const ended = await user(file, args, password);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(new RegExp(told))]);
    expect(ended.stderr).not.toMatch(/my password!|correct horse/);
    expect(existsSync(file)).toBe(false);
  });

  it('refuses to guess which file, and to write over what is no file of operators', async () => {
    expect((await user(undefined, ['list'])).code).toBe(EXIT.usage);
    const file = join(temporaryFolder(), 'operators.json');
    writeFileSync(file, 'ada:S3NTINEL');
    const ended = await user(file, ['add', 'bob'], PASSWORD);
    expect([ended.code, ended.stderr]).toEqual([
      EXIT.configuration,
      expect.stringContaining('CREDENTIALS_FILE_MALFORMED'),
    ]);
    expect(ended.stderr).not.toContain('S3NTINEL');
    expect(readFileSync(file, 'utf8')).toBe('ada:S3NTINEL');
  });

  it('says whose lock it waits for in vain', async () => {
    const file = join(temporaryFolder(), 'operators.json');
    writeFileSync(`${file}.lock`, '1\n');
    const ended = await user(file, ['add', 'ada'], PASSWORD);
    expect(ended.code).toBe(EXIT.failed);
    expect(ended.stderr).toContain('CREDENTIALS_FILE_NOT_WRITTEN');
    expect(ended.stderr).toContain(`${file}.lock is there`);
    expect(existsSync(file)).toBe(false);
  });
});
