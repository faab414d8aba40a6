import { execFileSync, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { follow, followedFile } from '../support/follow.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

const { later, temporaryFolder } = cleanup();

const HOLDFAST = [resolve('dist/cli.js')];
const HOLDFAST_COPY = [
  '--import',
  resolve('bench/support/typescript.mjs'),
  resolve('packages/copy/src/command/bin.ts'),
];

type Stream = 'stdout' | 'stderr';

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** @param nobodyReads of which the other end is closed before the program has begun */
function run(
  program: readonly string[],
  args: readonly string[],
  nobodyReads: readonly Stream[] = [],
): Promise<Outcome> {
  const folder = temporaryFolder();
  const env = {
    PATH: process.env.PATH,
    SQLITE_PATH: join(folder, 'own.sqlite'),
    MEDIA_ENABLED: 'true',
    ...WITHOUT_CALLERS,
  };
  const child = spawn(process.execPath, [...program, ...args], { cwd: folder, env });
  child.stdin.end();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdout.resume();
  for (const stream of nobodyReads) child[stream].destroy();
  return new Promise((done) => {
    child.on('close', (code, signal) => {
      done({ code, signal, stderr });
    });
  });
}

describe('a command whose output nobody reads', () => {
  it.each([
    [HOLDFAST, ['--help']],
    [HOLDFAST, ['copy', '--help']],
    [HOLDFAST, ['media', 'fsck', '--help']],
    [HOLDFAST, ['--version']],
    [HOLDFAST, ['explain', 'MEDIA_FILES_FULL']],
    [HOLDFAST, ['explain', 'NOTHING_OF_THE_KIND']],
    [HOLDFAST, ['config']],
    [HOLDFAST, ['config', '--json']],
    [HOLDFAST, ['check']],
    [HOLDFAST, ['check', '--json']],
    [HOLDFAST, ['migrate', 'status']],
    [HOLDFAST, ['migrate', 'up', '--json']],
    [HOLDFAST, ['migrate', 'nothing']],
    [HOLDFAST, ['media', 'fsck', '--json']],
    [HOLDFAST, ['secret', 'generate-key']],
    [HOLDFAST_COPY, ['--help']],
    [HOLDFAST_COPY, ['inspect', 'nowhere.sqlite']],
    [HOLDFAST_COPY, ['inspect', 'nowhere.sqlite', '--json']],
  ])('has done its work, and ends as ever: %j %j', async (program, args) => {
    const read = await run(program, args);
    const { code, signal, stderr } = await run(program, args, ['stdout']);
    expect([code, signal]).toEqual([read.code, null]);
    expect(stderr).not.toMatch(/EPIPE|at .*:\d+:\d+/);
    const { code: withNeither } = await run(program, args, ['stdout', 'stderr']);
    expect([read.code, 141]).toContain(withNeither);
  });

  it('ends as by SIGPIPE where it would go on', async () => {
    const args = ['status', '--watch', '--url', 'http://127.0.0.1:1'];
    const { code, stderr } = await run(HOLDFAST, args, ['stdout']);
    expect(code).toBe(141);
    expect(stderr).not.toContain('EPIPE');
  });

  it('stops in order where it is made to', async () => {
    const target = await createDatabase();
    later(() => target.drop());
    const { path, program } = followedFile(temporaryFolder());
    later(() => {
      program.close();
    });
    const follower = follow(path, target);
    await follower.hasSaid('"event":"copy.follow"');
    follower.process.stderr?.destroy();
    const { code, stdout } = await follower.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('COPY_STOPPED');
  });
});

it.each([
  ['stdout', 'explain MEDIA_FILES_FULL', 2],
  ['stdout', 'config --json', 2],
  ['stdout', 'copy --help', 2],
  ['stderr', 'config', 1],
] as const)('a disk that is full under %s fails a command: %s', (stream, args, other) => {
  const full = openSync('/dev/full', 'w');
  const stdio = [
    'ignore',
    stream === 'stdout' ? full : 'pipe',
    stream === 'stderr' ? full : 'pipe',
  ] as const;
  const run = () =>
    execFileSync(process.execPath, [...HOLDFAST, ...args.split(' ')], {
      stdio: [...stdio],
      env: { PATH: process.env.PATH, ...WITHOUT_CALLERS },
      cwd: temporaryFolder(),
    });
  let failure: { readonly status: number; readonly stderr: Buffer | null } | undefined;
  try {
    run();
  } catch (error) {
    failure = error as typeof failure;
  }
  expect(failure?.status).toBe(1);
  if (other === 2) {
    expect(failure?.stderr?.toString()).toContain('OUTPUT_NOT_WRITTEN');
    expect(failure?.stderr?.toString()).not.toMatch(/at .*:\d+:\d+/);
  }
});
