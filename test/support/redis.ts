import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@holdfast/testing/cluster';
import type { Certificate } from './tls.js';

/** A Redis server of the tests' own, with a password. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly password: string;
  readonly stop: () => Promise<void>;
  /** SIGSTOP freezes the server, SIGCONT thaws it. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Starts the server again, unless it runs. */
  readonly start: () => Promise<void>;
  /** Stops the server and removes its folder. */
  readonly remove: () => Promise<void>;
}

const PASSWORD = 'test-redis-password';

/**
 * Needs `redis-server` on the PATH; `.ci/run` installs it.
 * @param tls what it shows, where it speaks TLS and nothing else
 */
export async function startRedis(tls?: Certificate): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-redis-'));
  let running: ChildProcess | undefined;
  const start = async () => {
    running ??= await launch(port, folder, tls);
  };
  const stop = async () => {
    const server = running;
    running = undefined;
    if (!server) return;
    const ended = new Promise((resolve) => server.once('close', resolve));
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `${tls ? 'rediss' : 'redis'}://:${PASSWORD}@127.0.0.1:${port}/0`,
    port,
    password: PASSWORD,
    stop,
    signal: (signal) => {
      running?.kill(signal);
    },
    start,
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function launch(port: number, folder: string, tls?: Certificate): Promise<ChildProcess> {
  const encrypted = tls && {
    'tls-cert-file': tls.file,
    'tls-key-file': tls.key,
    'tls-auth-clients': 'no',
  };
  const settings = {
    ...(tls ? { port: '0', 'tls-port': String(port) } : { port: String(port) }),
    bind: '127.0.0.1',
    dir: folder,
    requirepass: PASSWORD,
    ...encrypted,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = spawn('redis-server', [...args, '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready to accept connections')) resolve(server);
    });
    server.on('error', (cause) => {
      reject(new Error('these tests need redis-server on the PATH, see .ci/run', { cause }));
    });
    server.on('close', (code) => {
      reject(new Error(`redis-server ended with ${code}:\n${output}`));
    });
  });
}
