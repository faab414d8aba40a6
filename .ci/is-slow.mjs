// Prints whether this machine calculates slowly, yes or no.

const STEPS = 200_000_000;
/** Milliseconds of CPU; what the suite's lanes were divided on takes 100. */
const SLOW_MS = 200;

const before = process.cpuUsage();
let sum = 0;
for (let step = 0; step < STEPS; step += 1) sum += step;
const spentMs = process.cpuUsage(before).user / 1000;
console.log(sum > 0 && spentMs > SLOW_MS ? 'yes' : 'no');
