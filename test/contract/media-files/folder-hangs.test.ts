import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { newFilePath } from '../../../src/stores/media/files/file-path.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { incoming, whole } from '../../support/media/content.js';

const { temporaryFolder } = cleanup();

/** Opening it does not come back before somebody writes to it, as on a mount whose server is gone. */
function hangingFile(root: string): { readonly path: string; readonly letGo: () => Promise<void> } {
  const path = newFilePath('result');
  const local = join(root, path);
  mkdirSync(dirname(local), { recursive: true });
  execFileSync('mkfifo', [local]);
  return {
    path,
    letGo: async () => {
      const handle = await open(local, constants.O_WRONLY | constants.O_NONBLOCK);
      await handle.close();
    },
  };
}

const CALL_MS = 400;

describe('a folder that does not answer', () => {
  it('is not waited for, leaves a thread to others, and is used again once it answers', async () => {
    const root = temporaryFolder();
    const files = new FolderMediaFiles(root, { callMs: CALL_MS });
    const good = newFilePath('result');
    const { signal } = new AbortController();
    await files.store(good, incoming(1000), { signal, durable: true });
    const hanging = [hangingFile(root), hangingFile(root), hangingFile(root)];

    const begun = performance.now();
    const opened = await Promise.allSettled(hanging.map(({ path }) => files.open(path)));
    expect(performance.now() - begun).toBeLessThan(CALL_MS * 5);
    for (const each of opened)
      expect(each).toMatchObject({ reason: { code: 'MEDIA_FILES_UNAVAILABLE' } });

    // All that it may hold are held: nothing further is begun, and what is refused is refused at once.
    const refused = performance.now();
    await expect(files.open(good)).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
    await expect(files.probe(signal)).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
    expect(performance.now() - refused).toBeLessThan(CALL_MS);
    // One of libuv's four threads is left.
    expect(await buffer((await open(join(root, good))).createReadStream())).toHaveLength(1000);

    for (const { letGo } of hanging) await letGo();
    await eventually(async () => {
      const content = await buffer((await files.open(good)) ?? Readable.from([]));
      expect(content.equals(whole(1000))).toBe(true);
    });
  });

  it('ends a store at its signal', async () => {
    const root = temporaryFolder();
    const files = new FolderMediaFiles(root, { callMs: 60_000 });
    const hanging = [hangingFile(root), hangingFile(root), hangingFile(root)];
    const left = Promise.allSettled(hanging.map(({ path }) => files.open(path)));
    const given = AbortSignal.timeout(200);
    const storing = files.store(newFilePath('temp'), incoming(10), {
      signal: given,
      durable: false,
    });
    await expect(storing).rejects.toMatchObject({ name: 'TimeoutError' });
    for (const { letGo } of hanging) await letGo();
    const opened = await left;
    const streams = opened.flatMap((each) =>
      each.status === 'fulfilled' && each.value ? [each.value] : [],
    );
    expect(streams).toHaveLength(hanging.length);
    // Each has a file open until it is read to its end or destroyed.
    await Promise.all(streams.map((stream) => once(stream.destroy(), 'close')));
  });
});
