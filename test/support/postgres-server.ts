import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@holdfast/testing/embedded-postgres';
import { eventually } from './eventually.js';
import { type Cluster, freePort, serverFolder } from '@holdfast/testing/cluster';

/** A PostgreSQL server whose processes can be killed and frozen, on Linux. */
export interface PostgresServer extends Cluster {
  /** The data directory. */
  readonly data: string;
  /**
   * @param flags on top of those that it always has
   * @param until what its log says when it has started
   */
  start(flags?: readonly string[], until?: RegExp): Promise<void>;
  /** @param signal SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL what it always is */
  stop(signal?: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** The postmaster's process. */
  pid(): number;
  /** SIGSTOP to every process of the server. */
  freeze(): void;
  /** SIGCONT to every process of the server. */
  thaw(): void;
}

export const SUPERUSER_PASSWORD = 'test-superuser';

const READY = /ready to accept (read-only )?connections/;
const FLAGS = ['-c', 'max_connections=200', '-c', 'unix_socket_directories='];

/** @param folder where the data directory is made, and removed; a new one by default */
export async function startPostgresServer(
  folder?: string,
  initdbFlags: string[] = [],
): Promise<PostgresServer> {
  const own = folder ?? (await serverFolder());
  // Under root the server runs as another user, who has to get through to its data.
  await chmod(own, 0o711);
  const data = join(own, 'data');
  await new EmbeddedPostgres({
    databaseDir: data,
    port: 0,
    user: 'postgres',
    password: SUPERUSER_PASSWORD,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags,
    onLog: () => undefined,
  }).initialise();
  return launchServer(data, () =>
    rm(folder === undefined ? own : data, { recursive: true, force: true }),
  );
}

/**
 * Starts a server on a data directory that is there already.
 * @param given the program; by default the one that npm brings
 */
export async function launchServer(
  data: string,
  removeFiles: () => Promise<void>,
  given?: string,
): Promise<PostgresServer> {
  const port = await freePort();
  const binary = given ?? (await serverBinary());
  let running: ChildProcess | undefined;

  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of processesIn(data)) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // Gone since it was listed.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  const launch = async (flags: readonly string[], until: RegExp) => {
    const child = spawn(binary, ['-D', data, '-p', String(port), ...FLAGS, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...serverUser(),
    });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        // What came before is of no interest once it runs.
        log = (log + chunk).slice(-10_000);
        if (until.test(log)) resolve();
      });
      child.on('error', reject);
      child.on('close', () => {
        reject(new Error(`PostgreSQL ended:\n${log}`));
      });
    });
    running = child;
  };
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    const child = running;
    running = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    if (signal !== 'SIGKILL') signalAll('SIGCONT');
    await ended;
  };
  const start = async (flags: readonly string[] = [], until = READY) => {
    if (running) throw new Error('the server runs');
    // After a kill the old backends hold the shared memory until they have noticed.
    await eventually(() => launch(flags, until));
  };
  await start();
  return {
    url: `postgresql://postgres:${SUPERUSER_PASSWORD}@127.0.0.1:${port}/postgres`,
    port,
    data,
    start,
    stop,
    pid: () => {
      if (running?.pid === undefined) throw new Error('the server does not run');
      return running.pid;
    },
    freeze: () => {
      signalAll('SIGSTOP');
    },
    thaw: () => {
      signalAll('SIGCONT');
    },
    remove: async () => {
      await stop('SIGQUIT');
      signalAll('SIGKILL');
      await removeFiles();
    },
  };
}

/** What a child has to be spawned with to own a server's files. */
export function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: id('-u'), gid: id('-g') };
}

async function serverBinary(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres } = (await import(name)) as { readonly postgres: string };
  return postgres;
}

/** All processes of a server work in its data directory. */
function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === folder;
      } catch {
        // Gone, or somebody else's.
        return false;
      }
    })
    .map(Number);
}
