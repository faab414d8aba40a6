import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Log } from '@holdfast/core/log';
import { WatchedFile } from '../../src/auth/watched-file.js';

let folder: string;
let path: string;
let watched: WatchedFile | undefined;
let told: string[];

const line = (fields: { readonly event: string }) => void told.push(fields.event);
const log = { info: line, warn: line } as unknown as Log;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-watched-'));
  path = join(folder, 'secret');
  told = [];
});
afterEach(() => {
  watched?.close();
  rmSync(folder, { recursive: true });
});

function watch(renew: (text: string) => Promise<boolean>): void {
  watched = new WatchedFile({ path, variable: 'JWT_SIGNING_KEY' }, renew, log);
}

/** Waits for as long as the test may take. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(50);
}

describe('a file that is watched', () => {
  it('is read again after a fault of the moment, though it has not changed', async () => {
    writeFileSync(path, 'text');
    const read: string[] = [];
    watch(async (text) => {
      await Promise.resolve();
      read.push(text);
      if (read.length === 1) throw new Error('too many open files');
      return true;
    });
    await until(() => told.includes('auth.keys_renewed'));
    expect(told).toEqual(['auth.keys_kept', 'auth.keys_renewed']);
    expect(read).toEqual(['text', 'text']);
  });

  it('that goes and comes back as it was is told of both, each time', async () => {
    writeFileSync(path, 'text');
    let reads = 0;
    watch(async () => {
      await Promise.resolve();
      reads += 1;
      return false;
    });
    await until(() => reads === 1);
    for (let time = 1; time <= 2; time += 1) {
      renameSync(path, `${path}.aside`);
      await until(() => told.filter((each) => each === 'auth.keys_kept').length === time);
      renameSync(`${path}.aside`, path);
      await until(() => told.filter((each) => each === 'auth.keys_renewed').length === time);
    }
    const both = ['auth.keys_kept', 'auth.keys_renewed'];
    expect(told).toEqual([...both, ...both]);
  });
});
