// From the first look-up of a name on, every thread that looks up names is kept busy, as dead name
// servers keep it: by opening the pipe PIPE, into which nobody writes.
const dns = require('node:dns');
const { open } = require('node:fs');

const lookup = dns.lookup;
const THREADS = 4;
let areBusy = false;

dns.lookup = (...given) => {
  if (!areBusy)
    for (let thread = 0; thread < THREADS; thread += 1) open(process.env.PIPE, () => {});
  areBusy = true;
  return lookup(...given);
};
