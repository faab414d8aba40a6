import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Ended, withoutWhere, workingFolder } from './service.js';
import { WITHOUT_CALLERS } from './without-callers.js';

export type Environment = Readonly<Record<string, string>>;

interface Options {
  readonly cwd?: string;
  /** Folder with `dist` in it; this project by default. */
  readonly installation?: string;
  /** A program, with its arguments, that starts this one. */
  readonly prefix?: readonly string[];
  /** A program that has not ended by then is killed: it hangs. */
  readonly limitMs?: number;
}

/** Less than a test may take, and much more than a program takes on a busy machine. */
const HANGS_AFTER_MS = 100_000;

/** A built program that is under way. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Runs a built program to its end, from outside, with no more environment than it is given. */
export function execute(...program: Parameters<typeof start>): Promise<Ended> {
  return start(...program).ended;
}

/** Starts a built program, from outside, with no more environment than it is given. */
export function start(
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  environment: Environment,
  { cwd: given, installation = '.', prefix = [], limitMs = HANGS_AFTER_MS }: Options = {},
): Started {
  const cwd = given ?? workingFolder();
  const script = resolve(installation, 'dist', file);
  const command: readonly string[] = [...prefix, process.execPath, script, ...args];
  const [program = process.execPath, ...rest] = command;
  const child = spawn(program, rest, {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      LOG_FORMAT: 'json',
      PORT: '0',
      ...WITHOUT_CALLERS,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      if (given === undefined) rmSync(cwd, { recursive: true, force: true });
      done(withoutWhere({ code, signal, stdout, stderr }));
    });
  });
  return { process: child, ended };
}

/** A copy of the built program with `migrations` that a test may change. */
export function installation(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-installation-'));
  for (const part of ['dist', 'migrations', 'package.json']) {
    cpSync(part, join(folder, part), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One line of the log. */
export interface Line {
  readonly [field: string]: unknown;
  readonly level?: string;
  readonly time?: string;
  readonly event?: string;
  readonly code?: string;
}

/** The lines of a text that holds nothing but JSON lines. */
export function jsonLines(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
