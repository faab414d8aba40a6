import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { clearInterval, setInterval } from 'node:timers';
import { inherited } from './servers.mjs';

const POLL_MS = 20;

/**
 * @typedef {object} Run
 * @property {number} milliseconds from the start of the process to its end
 * @property {number} peakMegabytes of resident memory; NaN where there is no /proc
 */

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} environment
 * @param {string} cwd
 * @returns {Promise<Run>}
 */
export function timed(program, args, environment, cwd) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, {
      cwd,
      env: { ...inherited(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (output = `${output}${text}`.slice(-4000)));
    let peakMegabytes = NaN;
    const polling = setInterval(async () => {
      peakMegabytes = (await peakOf(child.pid)) ?? peakMegabytes;
    }, POLL_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      const milliseconds = performance.now() - started;
      clearInterval(polling);
      if (code === 0) resolve({ milliseconds, peakMegabytes });
      else reject(new Error(`${program} ended with ${code}:\n${output}`));
    });
  });
}

/** @param {number | undefined} pid */
async function peakOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
}
