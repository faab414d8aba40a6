import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import { atEnd, ended } from './bench.mjs';

const POLL_MS = 2;
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
/** Variables of the machine that a measured process inherits. */
const KEPT = ['PATH', 'HOME', 'TMPDIR'];

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * @typedef {object} Program a program that serves HTTP on `HOST` and `PORT`
 * @property {string} file
 * @property {Record<string, string>} [environment]
 * @property {string} [cwd] default: a new folder
 *
 * @typedef {object} Server
 * @property {string} url
 * @property {number} pid
 * @property {number} startMs from the spawn to the first 200 on `/health/live`
 * @property {() => Promise<number | null>} residentMegabytes null where there is no /proc
 * @property {() => Promise<void>} stop
 */

/**
 * @param {Program} program
 * @param {string} folder for its log, and for what it writes
 * @returns {Promise<Server>}
 */
export async function startServer({ file, environment, cwd }, folder) {
  const port = await freePort();
  const own = await mkdtemp(join(folder, 'server-'));
  const logFile = join(own, 'server.log');
  const log = openSync(logFile, 'w');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [file], {
    cwd: cwd ?? own,
    env: { ...inherited(), HOST: '127.0.0.1', PORT: String(port), ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  running.add(child);
  atEnd(() => kill(child));
  child.on('exit', () => running.delete(child));
  while (!(await isLive(port))) {
    const gone = child.exitCode ?? child.signalCode;
    if (gone === null && performance.now() - startedAt < START_LIMIT_MS) {
      await wait(POLL_MS);
      continue;
    }
    await kill(child);
    const what = gone === null ? 'does not answer' : `ended with ${gone}`;
    throw new Error(`${file} ${what}:\n${await readFile(logFile, 'utf8')}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    startMs: performance.now() - startedAt,
    residentMegabytes: () => residentMegabytes(child.pid),
    stop: () => stop(child),
  };
}

export function inherited() {
  return Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/**
 * One request without an HTTP client: it costs the machine next to nothing while the port is shut.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isLive(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /health/live HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n');
    });
    socket.setTimeout(5000, () => socket.destroy());
    socket.once('data', (answer) => {
      resolve(answer.toString('latin1').startsWith('HTTP/1.1 200 '));
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(false));
  });
}

/** @param {number | undefined} pid */
async function residentMegabytes(pid) {
  if (process.platform !== 'linux') return null;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
}

/**
 * What a process has had of the CPUs, which does not hang on what else the machine does.
 * @param {number} pid
 * @returns {Promise<number>} milliseconds, in steps of 10; NaN where there is no /proc
 */
export async function cpuMilliseconds(pid) {
  if (process.platform !== 'linux') return NaN;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold blanks; Linux tells 100 ticks a second, whatever its clock.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended(child);
  clearTimeout(limit);
}

/** @param {import('node:child_process').ChildProcess} child */
async function kill(child) {
  child.kill('SIGKILL');
  await ended(child);
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
