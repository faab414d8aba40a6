// Loaded into a measured process: on SIGUSR2 it writes into the file that HOLD_FILE names for how long
// its event loop was held up at once since the last time: milliseconds on the clock, and of the main
// thread's own CPU time, which does not count what other programs of the machine took.
const { readFileSync, writeFileSync } = require('node:fs');
const { performance } = require('node:perf_hooks');

const TICK_MS = 1;

/** Milliseconds that the main thread has computed. */
const computed = () =>
  Number(readFileSync('/proc/self/task/' + process.pid + '/schedstat', 'latin1').split(' ', 1)[0]) /
  1e6;

let longest = { wall: 0, cpu: 0 };
let last = { wall: performance.now(), cpu: computed() };

setInterval(() => {
  const now = { wall: performance.now(), cpu: computed() };
  longest = {
    wall: Math.max(longest.wall, now.wall - last.wall - TICK_MS),
    cpu: Math.max(longest.cpu, now.cpu - last.cpu),
  };
  last = { wall: performance.now(), cpu: computed() };
}, TICK_MS).unref();

process.on('SIGUSR2', () => {
  writeFileSync(process.env.HOLD_FILE, JSON.stringify(longest));
  longest = { wall: 0, cpu: 0 };
});
