import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newFilePath } from '../../src/stores/media/files/file-path.js';
import { FolderMediaFiles } from '../../src/stores/media/files/folder/folder-media-files.js';
import { filesBelow } from '../support/media/files-below.js';
import { incoming } from '../support/media/content.js';
import { mountTmpfs, type Tmpfs } from '../support/tmpfs.js';

const { signal } = new AbortController();

describe('the folder of the files', () => {
  let disk: Tmpfs;
  let files: FolderMediaFiles;

  beforeEach(() => {
    disk = mountTmpfs(16);
    files = new FolderMediaFiles(`${disk.folder}/media`);
  });

  afterEach(() => {
    disk.remove();
  });

  it.each([true, false])(
    'leaves nothing of a file that it has no room for; durable: %s',
    async (durable) => {
      await files.store(newFilePath('result'), incoming(1000), { signal, durable });
      const before = filesBelow(disk.folder);
      const storing = files.store(newFilePath('result'), incoming(32 << 20), { signal, durable });
      await expect(storing).rejects.toMatchObject({
        code: 'MEDIA_FILES_FULL',
        message: 'the place of the files is full (ENOSPC)',
      });
      expect(filesBelow(disk.folder)).toEqual(before);
      await files.store(newFilePath('result'), incoming(8 << 20), { signal, durable });
    },
  );

  it('says that it is full while nothing at all can be stored, reads what is there, and takes files again', async () => {
    const path = newFilePath('result');
    await files.store(path, incoming(100_000), { signal, durable: true });
    expect(await files.probe(signal)).toMatchObject({ totalBytes: 16 << 20 });
    disk.fill();
    await expect(files.probe(signal)).rejects.toMatchObject({ code: 'MEDIA_FILES_FULL' });
    let read = 0;
    for await (const chunk of (await files.open(path)) as AsyncIterable<Buffer>)
      read += chunk.length;
    expect(read).toBe(100_000);
    await files.remove(path);
    disk.free();
    await files.probe(signal);
    expect(filesBelow(`${disk.folder}/media`)).toEqual([]);
  });

  it('is not written to, and read, where it may only be read', async () => {
    const path = newFilePath('result');
    await files.store(path, incoming(1000), { signal, durable: true });
    remount('ro');
    const refusal = {
      code: 'MEDIA_FILES_UNAVAILABLE',
      message: 'the place of the files refuses (EROFS)',
    };
    const storing = files.store(newFilePath('result'), incoming(10), { signal, durable: true });
    await expect(storing).rejects.toMatchObject(refusal);
    // Making a folder, the system calls it EROFS, or that the one above is not there.
    await expect(files.probe(signal)).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
    await expect(files.remove(path)).rejects.toMatchObject(refusal);
    expect(await files.open(path).then((stream) => stream?.destroy())).toBeTruthy();
    remount('rw');
    await files.remove(path);
  });

  const remount = (how: 'ro' | 'rw') => {
    const command = ['mount', '-o', `remount,${how}`, disk.folder];
    const isRoot = process.getuid?.() === 0;
    execFileSync(isRoot ? 'mount' : 'sudo', isRoot ? command.slice(1) : ['-n', ...command]);
  };
});
