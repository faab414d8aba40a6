import {
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { proposalsIn, steadyWrites } from '../support/steady-writes.js';

const { later, temporaryFolder } = cleanup();

const aside = (path: string) => `${path}.aside`;

/** @returns where what was written before is found, if it is anywhere */
const FAULTS: Readonly<Record<string, (path: string) => string | undefined>> = {
  'moved away': (path) => {
    linkSync(`${path}-wal`, `${aside(path)}-wal`);
    renameSync(path, aside(path));
    return aside(path);
  },
  'moved away with its log and replaced by a copy': (path) => {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}-wal`, `${aside(path)}-wal`);
    renameSync(path, aside(path));
    renameSync(`${path}.copy`, path);
    return aside(path);
  },
  deleted: (path) => {
    rmSync(path);
    return undefined;
  },
  'cut to nothing': (path) => {
    truncateSync(path);
    return undefined;
  },
  'replaced by something else': (path) => {
    writeFileSync(`${path}.new`, 'no database');
    renameSync(`${path}.new`, path);
    return undefined;
  },
  'robbed of its log': (path) => {
    rmSync(`${path}-wal`);
    return path;
  },
  "robbed of its log's index": (path) => {
    rmSync(`${path}-shm`);
    return path;
  },
  'in a folder that is renamed': (path) => {
    const folder = join(path, '..');
    renameSync(folder, `${folder}.aside`);
    mkdirSync(folder);
    return join(`${folder}.aside`, 'holdfast.sqlite');
  },
};

it.each(Object.entries(FAULTS))(
  'a file that is %s under load takes no write that is acknowledged, until a restart',
  async (_, fault) => {
    const path = join(temporaryFolder(), 'data', 'holdfast.sqlite');
    const service = await startService({ SQLITE_PATH: path });
    later(() => service.stop('SIGKILL'));
    const { writes, end } = steadyWrites(service);
    await eventually(() => {
      expect(writes.length).toBeGreaterThan(20);
    });
    await wait(Math.random() * 100);
    const found = fault(path);
    const faultAt = performance.now();
    await eventually(async () => {
      const ready = await fetch(`${service.url}/health/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('SQLITE_FILE_REPLACED');
    });
    await wait(200);
    await end();
    const afterwards = writes.filter(({ sentAt }) => sentAt > faultAt);
    expect(afterwards.length).toBeGreaterThan(0);
    expect(afterwards.filter(({ status }) => status !== 503)).toEqual([]);
    expect(new Set(afterwards.map(({ code }) => code))).toEqual(new Set(['SQLITE_FILE_REPLACED']));
    expect((await fetch(`${service.url}/rebalance/proposals`)).status).toBe(503);
    // Also when a probe asks anew: what is there now is not what was written to.
    await wait(1100);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    await service.stop();

    if (found === undefined) return;
    const ids = new Set(proposalsIn(found));
    const acknowledged = writes.filter(({ status }) => status === 201);
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(acknowledged.filter(({ id }) => !ids.has(id))).toEqual([]);
  },
);

it('a link that leads to another file is told, one that leads to the same is not', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'link.sqlite');
  symlinkSync(join(folder, 'one.sqlite'), path);
  const service = await startService({ SQLITE_PATH: path });
  later(() => service.stop('SIGKILL'));
  const ready = async () => (await fetch(`${service.url}/health/ready`)).status;
  expect(await ready()).toBe(200);
  rmSync(path);
  symlinkSync(join(folder, 'one.sqlite'), path);
  await wait(1100);
  expect(await ready()).toBe(200);
  copyFileSync(join(folder, 'one.sqlite'), join(folder, 'two.sqlite'));
  rmSync(path);
  symlinkSync(join(folder, 'two.sqlite'), path);
  await eventually(async () => {
    expect(await ready()).toBe(503);
  });
});
