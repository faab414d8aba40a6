// Loaded into the service before it starts: one name resolves to what a file says at the moment, as
// a name does whose record in the DNS is changed. All else is resolved as ever.
const dns = require('node:dns');
const { readFileSync } = require('node:fs');

const { TEST_MOVING_NAME: name, TEST_MOVING_NAME_FILE: file } = process.env;
const { lookup } = dns;

dns.lookup = (host, options, callback) => {
  if (host !== name) return lookup(host, options, callback);
  const done = typeof options === 'function' ? options : callback;
  const address = readFileSync(file, 'utf8').trim();
  const all = typeof options === 'object' && options !== null && options.all;
  process.nextTick(() => (all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)));
};
