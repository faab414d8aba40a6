import { spawn, type SpawnOptions } from 'node:child_process';

/** A server program of Debian's that runs in the foreground. */
export interface Daemon {
  /** What it has said on stderr. */
  readonly log: () => string;
  /** Kills it, and waits for its end. */
  readonly kill: () => Promise<void>;
}

/** Starts a program that need not be on everybody's path: Debian has it in /usr/sbin. */
export function startDaemon(
  program: string,
  args: readonly string[],
  { env, ...options }: Pick<SpawnOptions, 'uid' | 'gid' | 'env'> = {},
): Daemon {
  const child = spawn(program, args, {
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin`, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...options,
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  const ended = new Promise<void>((done) => {
    child.on('error', (error) => {
      log += error.message;
      done();
    });
    child.on('close', () => {
      done();
    });
  });
  return {
    log: () => log,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
