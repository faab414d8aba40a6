// What the tests of `test/peers`, `test/gates` and `test/faults` start beside Node, and whether it is there:
// names all that is missing, how to install it, and ends with 1 then.
//
//   node scripts/test-programs.mjs            for people
//   node scripts/test-programs.mjs --scan     what `test:scan` needs, and nothing else
//   node scripts/test-programs.mjs --image    what `verify:image` needs where there is no engine
//   node scripts/test-programs.mjs --debian   the packages that are missing, one a line; ends with 0

import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @type {readonly { program: string, debian: string, brew: string, use: string }[]} */
const PROGRAMS = [
  { program: 'redis-server', debian: 'redis-server', brew: 'redis', use: 'rate limits, leases' },
  { program: 'pgbouncer', debian: 'pgbouncer', brew: 'pgbouncer', use: 'poolers' },
  { program: 'haproxy', debian: 'haproxy', brew: 'haproxy', use: 'deploy/haproxy.cfg' },
  { program: 'openssl', debian: 'openssl', brew: 'openssl', use: 'deploy/make-secrets.sh' },
  { program: 'psql', debian: 'postgresql-client', brew: 'libpq', use: 'provisioning, copies' },
  { program: 'pg_dump', debian: 'postgresql-client', brew: 'libpq', use: 'the role of backups' },
  { program: 'age', debian: 'age', brew: 'age', use: 'encrypted backups' },
  {
    program: 'initdb',
    debian: 'postgresql',
    brew: 'postgresql',
    use: 'a server that pg_dump is of the version of',
  },
  {
    program: 'python3',
    debian: 'python3',
    brew: 'python',
    use: 'copies, compared without our code',
  },
  {
    program: 'docker-compose',
    debian: 'docker-compose',
    brew: 'docker-compose',
    use: 'the compose file',
  },
  { program: 'promtool', debian: 'prometheus', brew: 'prometheus', use: 'metrics, alerts' },
  { program: 'systemd-analyze', debian: 'systemd', brew: 'systemd', use: 'deploy/systemd' },
  { program: 'strace', debian: 'strace', brew: 'strace', use: 'what system calls it needs' },
  { program: 'curl', debian: 'curl', brew: 'curl', use: 'the README, large bodies' },
  {
    program: process.env.CHROMIUM ?? 'chromium',
    debian: 'chromium',
    brew: 'chromium',
    use: 'the pages of /docs and /status',
  },
  // Modes of files do not hold root up.
  ...(process.getuid?.() === 0
    ? [{ program: 'setpriv', debian: 'util-linux', brew: 'util-linux', use: 'read-only files' }]
    : []),
];

/** Debian has the server's programs in a folder for each version. */
function serverFolders() {
  const versions = '/usr/lib/postgresql';
  return existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
    : [];
}

const SCANNERS = [
  { program: 'wapiti', debian: 'wapiti', brew: 'wapiti', use: 'a scan of the running service' },
];

const BUILDERS = ['buildah', 'debootstrap', 'runc'].map((program) => {
  return { program, debian: program, brew: program, use: 'deploy/verify-image.sh' };
});

// Debian has some of them where only root looks.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...serverFolders()];

function isThere(program) {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const asked = (what) => process.argv.includes(what);
const needed = asked('--scan') ? SCANNERS : asked('--image') ? BUILDERS : PROGRAMS;
const missing = needed.filter(({ program }) => !isThere(program));
const packages = (manager) => [...new Set(missing.map((each) => each[manager]))];

if (process.argv.includes('--debian')) {
  for (const name of packages('debian')) console.log(name);
} else if (missing.length > 0) {
  console.error('These tests need programs that are not on the PATH:\n');
  for (const { program, use } of missing) console.error(`  ${program.padEnd(15)} ${use}`);
  console.error(
    `\n  Debian  sudo apt-get install --no-install-recommends ${packages('debian').join(' ')}`,
  );
  console.error(`  macOS   brew install ${packages('brew').join(' ')}\n`);
  process.exitCode = 1;
}
