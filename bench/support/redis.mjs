import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { atEnd, ended } from './bench.mjs';
import { freePort } from './servers.mjs';

/**
 * @typedef {object} RedisServer
 * @property {string} url
 * @property {() => Promise<void>} start unless it runs
 * @property {() => Promise<void>} kill
 * @property {() => void} freeze connections stay open, and nothing is answered
 * @property {() => void} thaw
 * @property {(pattern: string) => Promise<number>} count keys that are like the pattern
 */

/**
 * A Redis server that keeps nothing, gone when the bench ends; needs `redis-server` on the PATH.
 * @param {string} folder
 * @returns {Promise<RedisServer>}
 */
export async function redisServer(folder) {
  const port = await freePort();
  const own = await mkdtemp(join(folder, 'redis-'));
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const kill = async () => {
    const running = child;
    child = undefined;
    running?.kill('SIGKILL');
    if (running) await ended(running);
  };
  const start = async () => {
    child ??= await launch(port, own);
  };
  process.on('exit', () => child?.kill('SIGKILL'));
  atEnd(kill);
  await start();
  return {
    url: `redis://127.0.0.1:${port}/0`,
    start,
    kill,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    count: (pattern) => countKeys(port, pattern),
  };
}

/**
 * @param {number} port
 * @param {string} folder
 * @returns {Promise<import('node:child_process').ChildProcess>}
 */
function launch(port, folder) {
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (chunk) => {
      output += chunk.toString();
      if (output.includes('Ready to accept connections')) resolve(server);
    });
    server.on('error', () => reject(new Error('this bench needs redis-server on the PATH')));
    server.on('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${output}`)));
  });
}

/**
 * @param {number} port
 * @param {string} pattern
 */
async function countKeys(port, pattern) {
  const client = new Redis(port, '127.0.0.1');
  try {
    return (await client.keys(pattern)).length;
  } finally {
    client.disconnect();
  }
}
