import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { installation } from '../support/program.js';
import type { Service } from '../support/service.js';
import { steadyCallers } from '../support/steady-callers.js';
import { startTopology } from '../support/topology.js';

const { later } = cleanup();
const NEXT_VERSION = '0.2.0';
const NAMES = ['app-1', 'app-2'] as const;

/** What the next release needs; the column is there before anything uses it, and its index is made beside the writes. */
const MIGRATIONS = {
  '0004_add_remark.sql':
    '-- holdfast: backward-compatible\nALTER TABLE proposal_records ADD COLUMN remark text;\n',
  '0005_index_remark.sql':
    '-- holdfast: no-transaction\n-- holdfast: backward-compatible\nCREATE INDEX CONCURRENTLY proposal_remark ON proposal_records (remark);\n',
};

/** The next release: another version, with two migrations more. */
function nextBuild(): string {
  const { folder, remove } = installation();
  later(remove);
  for (const [name, sql] of Object.entries(MIGRATIONS)) {
    writeFileSync(join(folder, 'migrations', 'advisory', 'postgres', name), sql);
  }
  const about = join(folder, 'package.json');
  const described = JSON.parse(readFileSync(about, 'utf8')) as object;
  writeFileSync(about, JSON.stringify({ ...described, version: NEXT_VERSION }));
  return folder;
}

async function versionOf({ url }: Service): Promise<string> {
  return ((await (await fetch(`${url}/version`)).json()) as { readonly version: string }).version;
}

/** The 99th percentile, in milliseconds. */
function p99(durations: readonly number[]): string {
  const sorted = [...durations].sort((one, other) => one - other);
  return (sorted[Math.floor(sorted.length * 0.99)] ?? NaN).toFixed(1);
}

it('the next build takes over from this one, through its migrations, without a failed request', async () => {
  const { startApp, migrate } = await startTopology(later);
  const next = nextBuild();
  const running = await Promise.all(NAMES.map((name) => startApp(name)));
  const balancer = await startShippedLoadBalancer(running.map(({ url }) => url));
  later(() => balancer.stop());
  const load = steadyCallers(balancer.url);
  later(() => load.end());
  await load.more();

  const began = performance.now();
  await migrate(next);
  await load.more();
  const versions: string[][] = [];
  for (const [index, name] of NAMES.entries()) {
    const old = running[index];
    if (!old) throw new Error(`${name} is not there`);
    const { code, stdout } = await old.stop();
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"abandoned":0,"late":false'),
    });
    running[index] = await startApp(name, Number(new URL(old.url).port), {}, next);
    await eventually(async () => {
      expect(await balancer.isUp()).toEqual([true, true]);
    });
    versions.push(await Promise.all(running.map(versionOf)));
    await load.more();
  }
  const ended = performance.now();
  await load.more();
  await load.end();

  const during = load.latencies.filter(({ at }) => at >= began && at <= ended);
  const outside = load.latencies.filter(({ at }) => at < began || at > ended);
  process.stdout.write(
    `upgrade: ${during.length} requests answered within ${Math.round(ended - began)} ms, p99 ${p99(during.map(({ ms }) => ms))} ms; ` +
      `${outside.length} before and after, p99 ${p99(outside.map(({ ms }) => ms))} ms; ` +
      `failed: ${JSON.stringify(load.failures)}, sent again: ${await balancer.sentAgain()}\n`,
  );
  expect(load.failures).toEqual({});
  const [first, last] = versions;
  // Both builds have served side by side.
  expect(first?.[0]).toBe(NEXT_VERSION);
  expect(first?.[1]).not.toBe(NEXT_VERSION);
  expect(last).toEqual([NEXT_VERSION, NEXT_VERSION]);
}, 180_000);
