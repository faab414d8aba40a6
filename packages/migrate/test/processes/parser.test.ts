import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

/** Parses what is much for a migration, and then does nothing. */
const PROGRAM = `
import { setTimeout as wait } from 'node:timers/promises';
import { Script } from 'node:vm';
import { loadParser } from './packages/migrate/src/postgres/parser/parser.ts';

const source = 'function () { return 1; }';
const cachedData = new Script('(' + source + ')').createCachedData();
const { parse } = await loadParser();
const sql = 'CREATE TABLE a (b int PRIMARY KEY); INSERT INTO a (b) VALUES (1);'.repeat(1000);
parse(sql);
const { cachedDataRejected } = new Script('(' + source + ')', { cachedData, filename: 'again' });
const before = process.cpuUsage();
await wait(1000);
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ cachedDataRejected, idleMs: (user + system) / 1000 }));
`;

it('leaves the cores alone once it has parsed, and the caches of code as they are', () => {
  const args = ['--import', './bench/support/typescript.mjs', '--input-type=module', '-e', PROGRAM];
  const told = execFileSync(process.execPath, args, { encoding: 'utf8' });
  const { cachedDataRejected, idleMs } = JSON.parse(told) as {
    readonly cachedDataRejected: boolean;
    readonly idleMs: number;
  };
  expect(cachedDataRejected).toBe(false);
  // Where V8 makes better code of it, some 400.
  expect(idleMs).toBeLessThan(100);
});
