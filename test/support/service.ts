import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { WITHOUT_CALLERS } from './without-callers.js';

/** What a process left behind. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** Without `where`. */
  readonly stderr: string;
  /** The line in which a command says first where it is, under `LOG_FORMAT=json`. */
  readonly where?: string;
}

const WHERE = /^\{"level":"info","event":"command\.where".*\n/;

/** Takes the line off in which a command says where it is: tests of commands are of what comes after. */
export function withoutWhere(ended: Ended): Ended {
  const where = WHERE.exec(ended.stderr)?.[0];
  if (where === undefined) return ended;
  return { ...ended, stderr: ended.stderr.slice(where.length), where };
}

/** The built service, started from outside. */
export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  /** All output so far. */
  output(): string;
  /** Sends SIGTERM and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Of a service that a test starts: no load balancer has to notice that the test is over, and other work may hold the
 * machine up for seconds. It is part of the configuration that a proof is about.
 */
export const OF_TESTS = {
  SHUTDOWN_DRAIN_MS: '0',
  HEALTH_MAX_LAG_MS: '0',
  HEALTH_PROBE_TIMEOUT_MS: '2000',
} as const;

/** Variables of the machine that no test wants to inherit. */
const KEPT = ['PATH', 'HOME', 'TMPDIR'];

function launch(
  file: string,
  args: readonly string[],
  environment: Environment,
  cwd: string,
  installation = '.',
) {
  const inherited = Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ) as Record<string, string>;
  const child = spawn(process.execPath, [resolve(installation, 'dist', file), ...args], {
    cwd,
    env: {
      ...inherited,
      LOG_FORMAT: 'json',
      ...OF_TESTS,
      ...WITHOUT_CALLERS,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code, signal) => {
      done(withoutWhere({ code, signal, stdout, stderr }));
    });
  });
  return { child, ended, output: () => stdout + stderr };
}

export function workingFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
}

/**
 * Runs the service or the command program to its end.
 * @param meanwhile is given the process
 */
export function run(
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  environment: Environment,
  cwd: string = workingFolder(),
  meanwhile: (child: ChildProcess) => unknown = () => undefined,
): Promise<Ended> {
  const { child, ended } = launch(file, args, environment, cwd);
  meanwhile(child);
  return ended;
}

/**
 * Starts the service on a free port and waits until it listens.
 * @param installation the folder of another build
 */
export async function startService(
  environment: Environment,
  cwd: string = workingFolder(),
  installation?: string,
): Promise<Service> {
  const variables = { PORT: '0', ...environment };
  const { child, ended, output } = launch('main.js', [], variables, cwd, installation);
  const url = await new Promise<string>((listening, failed) => {
    child.stdout.on('data', () => {
      const line = /"event":"listening","url":"([^"]+)"/.exec(output());
      if (line?.[1]) listening(line[1].replace('0.0.0.0', '127.0.0.1'));
    });
    void ended.then(({ code }) => {
      failed(new Error(`the service ended with ${code} before it listened:\n${output()}`));
    });
  });
  return {
    url,
    process: child,
    output,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
