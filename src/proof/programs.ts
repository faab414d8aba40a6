import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment } from '@holdfast/guard/child-environment';
import { service } from '../service.js';
import { EXIT } from '@holdfast/core/reasons';
import { root } from '../release.js';

/** A step reads no more of what a program prints; it needs less than that. */
const READ_CHARACTERS = 1_000_000;

export type Changes = Readonly<Record<string, string | undefined>>;

export interface Ended {
  /** null when it was killed. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of this build that is under way. */
export interface Program {
  /** What it has printed on stdout so far. */
  readonly stdout: () => string;
  readonly hasEnded: () => boolean;
  readonly ended: Promise<Ended>;
  readonly stop: () => void;
}

const running = new Set<ChildProcess>();

/** No program outlives the one that has started it. */
export function killChildrenOnExit(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(EXIT.failed));
  }
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}

/**
 * Starts this build's service or command program with the environment of this process.
 * @param limitMs a program that has not ended by then is killed
 */
export function startProgram(
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  changes: Changes,
  limitMs: number,
): Program {
  const child = spawn(process.execPath, [join(root, 'dist', file), ...args], {
    env: childEnvironment(changes, service),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let timedOut = false;
  const late = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, limitMs);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (stdout.length < READ_CHARACTERS) stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (stderr.length < READ_CHARACTERS) stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(late);
      running.delete(child);
      resolve({ exitCode, timedOut, stdout, stderr });
    });
  });
  return {
    stdout: () => stdout,
    hasEnded: () => !running.has(child),
    ended,
    stop: () => {
      child.kill('SIGTERM');
    },
  };
}
