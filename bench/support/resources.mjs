import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;
const HEAP_LIMIT_MS = 10_000;

/**
 * @typedef {object} Resources what a process holds
 * @property {number} heap megabytes that are left when all garbage has been collected
 * @property {number} rss megabytes
 * @property {number} files open file descriptors, sockets among them
 * @property {number} sockets
 */

/**
 * Linux only: asks /proc.
 * @param {number} pid of a process that `heap-on-signal.cjs` has been loaded into
 * @param {string} heapFile its HEAP_FILE
 * @returns {Promise<Resources>}
 */
export async function resourcesOf(pid, heapFile) {
  const heap = await heapAfterCollection(pid, heapFile);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const rss = (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) =>
      // One that was closed since it was listed counts as none.
      readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''),
    ),
  );
  const open = links.filter((link) => link !== '');
  const sockets = open.filter((link) => link.startsWith('socket:')).length;
  return { heap, rss, files: open.length, sockets };
}

async function heapAfterCollection(pid, heapFile) {
  await rm(heapFile, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let waited = 0; waited < HEAP_LIMIT_MS; waited += POLL_MS) {
    const text = await readFile(heapFile, 'utf8').catch(() => '');
    if (text !== '') return Number(text) / 1e6;
    await wait(POLL_MS);
  }
  throw new Error('the service does not tell its heap');
}
