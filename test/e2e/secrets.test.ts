import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT } from '@holdfast/core/reasons';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { startService } from '../support/service.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'));
const keyFile = join(folder, 'keys');
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** `holdfast secret …`, with a value on stdin, where others cannot see it. */
function secret(args: readonly string[], value = '', environment: Environment = {}) {
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'secret', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // One that is refused may have ended before it has read.
  child.stdin.on('error', () => undefined).end(value);
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    child.on('close', (code) => {
      done({ code, stdout, stderr });
    });
  });
}

async function encrypted(value: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await secret(['encrypt', ...args], `${value}\n`, {
    HOLDFAST_SECRET_KEY_FILE: keyFile,
  });
  expect([code, stderr]).toEqual([EXIT.ok, '']);
  return stdout.trim();
}

const production = (): Environment => ({
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  HOST: '127.0.0.1',
  HOLDFAST_SECRET_KEY_FILE: keyFile,
});

it('a service runs on encrypted values, in variables and in files, and on rotated ones', async () => {
  const made = await secret(['generate-key', '--file', keyFile, '--id', 'first', '--json']);
  expect(JSON.parse(made.stdout)).toEqual({ id: 'first', file: keyFile });
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);

  const bound = await encrypted(database.url, 'DATABASE_URL');
  expect(bound).toMatch(/^enc:v1:first:DATABASE_URL:[\w-]+$/);
  const migrated = await execute('cli.js', ['migrate', 'up'], {
    ...production(),
    DATABASE_URL: bound,
  });
  expect(migrated.code).toBe(EXIT.ok);

  const file = join(folder, 'database_url');
  writeFileSync(file, `${await encrypted(database.url)}\n`, { mode: 0o440 });
  await secret(['generate-key', '--file', keyFile, '--id', 'second']);
  expect(readFileSync(keyFile, 'utf8')).toMatch(/^second:.*\nfirst:.*\n$/);
  const dry = await secret(['rotate', '--dry-run', '--json', file, '--key-file', keyFile]);
  const counted = { key_id: 'second', files: [{ file, rotated: 1, current: 0 }] };
  expect(JSON.parse(dry.stdout)).toEqual({ ...counted, dry_run: true });
  expect(readFileSync(file, 'utf8')).toMatch(/^enc:v1:first:/);
  const rotated = await secret(['rotate', '--json', file, '--key-file', keyFile]);
  expect(JSON.parse(rotated.stdout)).toEqual({ ...counted, dry_run: false });
  expect(readFileSync(file, 'utf8')).toMatch(/^enc:v1:second:[\w-]+\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o440);
  writeFileSync(keyFile, readFileSync(keyFile, 'utf8').split('\n').slice(0, 1).join());

  const service = await startService({ ...production(), DATABASE_URL_FILE: file });
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  expect((await service.stop()).code).toBe(0);
  expect(service.output()).not.toContain('secret.exposed');

  const old = await execute('cli.js', ['config', '--json'], {
    ...production(),
    DATABASE_URL: bound,
  });
  expect(old.code).toBe(EXIT.configuration);
  expect(old.stdout).toContain('SECRET_KEY_UNKNOWN');
}, 60_000);

describe('a value that cannot be encrypted, and a file that cannot be rotated', () => {
  beforeAll(async () => {
    rmSync(keyFile, { force: true });
    await secret(['generate-key', '--file', keyFile]);
  });

  it.each<[string, readonly string[], string, number, string]>([
    ['nothing on stdin', ['encrypt'], '\n', EXIT.usage, 'USAGE'],
    ['what is encrypted already', ['encrypt'], 'enc:v1:a:b', EXIT.usage, 'USAGE'],
    ['for what is no secret', ['encrypt', 'DB_POOL_SIZE'], 'hunter2', EXIT.usage, 'USAGE'],
    ['more than a secret can be', ['encrypt'], 'hunter2'.repeat(10_000), EXIT.usage, 'USAGE'],
    [
      'a file that is not there',
      ['rotate', 'missing'],
      '',
      EXIT.configuration,
      'SECRET_FILE_UNREADABLE',
    ],
    [
      'a key file in a folder that is not there',
      ['generate-key', '--file', 'no/keys'],
      '',
      EXIT.failed,
      'SECRET_FILE_NOT_REPLACED',
    ],
    [
      'an id that is taken',
      ['generate-key', '--file', 'keys', '--id', 'taken'],
      '',
      EXIT.usage,
      'USAGE',
    ],
  ])('%s', async (_, args, value, exit, code) => {
    writeFileSync(keyFile, readFileSync(keyFile, 'utf8').replace(/^[^:]*/, 'taken'));
    const ended = await secret(args, value, { HOLDFAST_SECRET_KEY_FILE: keyFile });
    expect([ended.code, ended.stdout]).toEqual([exit, '']);
    expect(ended.stderr).toMatch(new RegExp(`^${code}\n`));
    expect(ended.stderr).not.toContain('hunter2');
  });

  it('is left as it is, as are those beside it', async () => {
    const [good, bad] = ['good.env', 'bad.env'].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const old = await encrypted('hunter2', 'DATABASE_URL');
    await secret(['generate-key', '--file', keyFile]);
    writeFileSync(good, `DATABASE_URL=${old}\n`);
    writeFileSync(bad, `DATABASE_URL=${old.slice(0, -2)}\n`);
    const ended = await secret(['rotate', good, bad, '--key-file', keyFile]);
    expect(ended.code).toBe(EXIT.configuration);
    expect(ended.stderr).toMatch(
      /^SECRET_VALUE_(MALFORMED|REFUSED)\n.*bad\.env.*nothing has been written/,
    );
    expect(readFileSync(good, 'utf8')).toBe(`DATABASE_URL=${old}\n`);
  });
});

it('the file of a secret that others can read is told, at the start and by check', async () => {
  chmodSync(folder, 0o755);
  const open = join(folder, 'open');
  mkdirSync(open);
  const file = join(open, 'redis_url');
  writeFileSync(file, 'redis://:hunter2@127.0.0.1:1');
  chmodSync(file, 0o644);
  const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', REDIS_URL_FILE: file });
  await service.stop();
  const told = jsonLines(service.output()).filter(({ event }) => event === 'secret.exposed');
  expect(told).toEqual([
    expect.objectContaining({
      level: 'warn',
      code: 'SECRET_FILE_PERMISSIONS',
      variable: 'REDIS_URL_FILE',
      message: 'names a file that every user of the machine can read',
    }),
  ]);
  const { stdout } = await execute('cli.js', ['check', '--json'], {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: 'postgresql://app@127.0.0.1:1/holdfast',
    REDIS_URL_FILE: file,
  });
  expect(stdout).toContain('SECRET_FILE_PERMISSIONS: REDIS_URL_FILE names a file');
});
