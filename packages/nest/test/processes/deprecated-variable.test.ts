import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

/** Another team's service, with a variable that goes away and one that has another name now. */
const SERVICE = `
import { text } from '@holdfast/guard/variable';
import { start } from '@holdfast/nest/start';

const deprecated = {
  since: '1.4.0', sinceDay: '2027-01-31', removedIn: '2.0.0', instead: 'ORDERS_PLACE',
};
class OrdersModule {}
await start(() => ({ module: OrdersModule }), {
  stores: [],
  release: { name: 'orders', version: '1.4.0' },
  variables: {
    ORDERS_FOLDER: { ...text('where orders are'), deprecated },
    ORDERS_PLACE: { ...text('where orders are'), aliases: ['ORDERS_DIR'], deprecatedAliases: { ORDERS_DIR: deprecated } },
    ORDERS_TITLE: { ...text('of the page'), deprecated },
  },
});
process.kill(process.pid, 'SIGTERM');
`;

it('a service that is given what goes away says so in its log, and nothing of what it does not get', async () => {
  const args = ['--import', './bench/support/typescript.mjs', '--input-type=module', '-e', SERVICE];
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH,
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_FORMAT: 'json',
      SHUTDOWN_DRAIN_MS: '0',
      ORDERS_FOLDER: 'a-place-of-its-own',
      ORDERS_DIR: 'a-place-of-its-own',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  const told = lines.filter(({ event }) => event === 'setting.deprecated');
  expect([stderr, told.map(({ level, variable }) => [level, variable])]).toEqual([
    '',
    [
      ['warn', 'ORDERS_FOLDER'],
      ['warn', 'ORDERS_DIR'],
    ],
  ]);
  expect(told[0]?.message).toBe('is deprecated since 1.4.0, removed in 2.0.0: use ORDERS_PLACE');
  expect(stdout).not.toContain('a-place-of-its-own');
});
