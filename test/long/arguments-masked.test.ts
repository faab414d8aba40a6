import { describe, expect, it } from '@jest/globals';
import { execute } from '../support/program.js';

const SECRET = 'S3NTINEL';
const DSN = `postgres://u:${SECRET}@127.0.0.1:9/x`;

describe('a secret on the command line', () => {
  it.each([
    ['migrate', 'up', '--store', DSN],
    ['migrate', 'up', DSN],
    ['migrate', 'up', `--store=postgres://u:p;${SECRET}@h/x`],
    ['explain', DSN],
    ['explain', `Host=h;Password=${SECRET}`],
    ['explain', `u:${SECRET}@h:5432/x`],
    ['explain', `postgres://u:a b"${SECRET}@h/x`],
    ['copy', '--from', DSN],
    ['copy', '--undo', DSN],
    ['copy', '--from', 'x', '--to', `${DSN}/y z`],
    ['copy', '--from', 'x', '--to-file', DSN],
    ['copy', '--jobs', DSN],
    ['restore', DSN, '--into', DSN],
    ['restore', 'x', '--into', `${DSN}/y z`],
    ['restore', 'x', '--into-file', DSN],
    ['backup', DSN],
    ['copy', '--verify', DSN],
    ['check', `--dsn=${DSN}`],
    ['check', `--password=${SECRET}`],
    ['check', '--instances', DSN],
    [DSN],
    [`--dsn=${DSN}`],
    ['proof', '--url', `http://u:${SECRET}@127.0.0.1:1`],
    ['proof', 'verify', DSN],
    ['proof', '--valid-for', DSN],
    ['migrate', 'unlock', '--pid', DSN],
    ['migrate', 'baseline', '--store', 'dpm', '--to', DSN],
    ['migrate', 'baseline', '--store', DSN, '--to', '0001'],
    ['purge', `--${DSN}`],
    ['identity', 'accept', DSN],
  ])('is not printed: %s %s %s %s %s %s', async (...args) => {
    for (const more of [[], ['--json']]) {
      const ended = await execute('cli.js', [...args, ...more], {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
      });
      expect(ended.code).not.toBe(0);
      expect(ended.stdout + ended.stderr).not.toContain(SECRET);
    }
  });

  it('leaves what was wrong to be seen', async () => {
    const ended = await execute('cli.js', ['check', `--dsn=${DSN}`], {});
    expect(ended.stderr).toContain("unknown option '--dsn=postgres://***'");
    const store = await execute('cli.js', ['migrate', 'up', '--store', 'dmp'], {
      APP_PERSISTENCE_PROFILE: 'LOCAL',
    });
    expect(store.stderr).toContain('--store dmp is none of');
  });
});
