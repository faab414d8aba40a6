// Loaded into a measured process: on SIGUSR2 it collects all garbage, and writes what is left of the
// heap into the file that HEAP_FILE names, in bytes.
const { writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  // A second time: what finalizers have let go of in the first.
  setImmediate(() => {
    collect();
    writeFileSync(process.env.HEAP_FILE, String(process.memoryUsage().heapUsed));
  });
});
