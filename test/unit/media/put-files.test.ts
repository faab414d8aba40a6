import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PutFiles } from '../../../src/backup/media/put-files.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';

const SMALL = 5000;
const LARGE = 400_000;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'put-files-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const DAY = 'result/2026-01-01';
const paths = Array.from({ length: 100 }, () => `${DAY}/${randomUUID()}`);
const pieces = (content: Buffer) =>
  Readable.from([content.subarray(0, 100), content.subarray(100)]);

describe('putting the files of a backup', () => {
  it('puts small ones and large ones, each as it is', async () => {
    const files = new FolderMediaFiles(join(root, 'all'));
    const contents = paths.map(
      (path, index) => [path, randomBytes(index % 25 === 0 ? LARGE : SMALL)] as const,
    );
    const putting = new PutFiles(files, new AbortController().signal);
    for (const [path, content] of contents)
      await putting.put({ path, bytes: content.length }, pieces(content));
    await putting.end();
    for (const [path, content] of contents) {
      const there = await files.open(path);
      expect(there && (await buffer(there)).equals(content)).toBe(true);
    }
  });

  it('ends with the first that cannot be put, and puts nothing afterwards', async () => {
    const files = new FolderMediaFiles(join(root, 'foreign'));
    const signal = new AbortController().signal;
    const [foreign = ''] = paths.slice(20);
    await files.store(foreign, Readable.from([Buffer.from('another')]), { signal, durable: true });
    const putting = new PutFiles(files, signal);
    const all = (async () => {
      for (const path of paths)
        await putting.put({ path, bytes: SMALL }, pieces(randomBytes(SMALL)));
      await putting.end();
    })();
    await expect(all).rejects.toMatchObject({ code: 'RESTORE_TARGET_NOT_EMPTY' });
    await putting.settled();
    const names = () => readdirSync(join(root, 'foreign', DAY));
    const then = names();
    expect(then.length).toBeLessThan(paths.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(names()).toEqual(then);
  });
});
