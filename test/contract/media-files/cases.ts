import { readdirSync, readFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newFilePath } from '../../../src/stores/media/files/file-path.js';
import type { MediaFiles } from '../../../src/stores/media/files/media-files.js';
import { eventually } from '../../support/eventually.js';
import { incoming, stalling, whole } from '../../support/media/content.js';

/** A place of files that a test has to itself. */
export interface Place {
  readonly files: MediaFiles;
  /** What is there, whatever the port says of it. */
  readonly everything: () => readonly string[] | Promise<readonly string[]>;
  readonly close: () => Promise<void> | void;
}

const NEVER = new AbortController().signal;
// Many files are stored at once under it.
setMaxListeners(0, NEVER);
const KEPT = { signal: NEVER, durable: true };

/** What every place of files does. */
export function mediaFilesCases(name: string, open: () => Promise<Place>): void {
  describe(`files in ${name}`, () => {
    let place: Place;
    let files: MediaFiles;

    beforeEach(async () => {
      place = await open();
      ({ files } = place);
    });

    afterEach(() => place.close());

    const stored = async (bytes: number, durable = true): Promise<string> => {
      const path = newFilePath('result');
      await files.store(path, incoming(bytes), { signal: NEVER, durable });
      return path;
    };
    const read = async (path: string, range?: { start: number; end: number }) => {
      const stream = await files.open(path, range);
      return stream && (await buffer(stream));
    };

    it.each([0, 1, 65_536, 65_537, 9_000_001])(
      'gives back the %d bytes it was given',
      async (bytes) => {
        const path = await stored(bytes);
        expect((await read(path))?.equals(whole(bytes))).toBe(true);
        expect(await place.everything()).toEqual([path]);
      },
    );

    it('leaves what is there where it is told to, and stores it where nothing is', async () => {
      const path = newFilePath('result');
      const unlessThere = { ...KEPT, unlessThere: true };
      for (const bytes of [7, 9, 0]) await files.store(path, incoming(bytes), unlessThere);
      expect((await read(path))?.equals(whole(7))).toBe(true);
      expect(await place.everything()).toEqual([path]);
    });

    it('says how many bytes the whole file has, whatever is read of it', async () => {
      const path = await stored(70_000);
      const ranges = [undefined, { start: 0, end: 0 }, { start: 5, end: 99_999 }];
      for (const range of ranges) {
        const content = await files.open(path, range);
        expect(content?.fileBytes).toBe(70_000);
        expect(await buffer(content ?? Readable.from([]))).toHaveLength(
          range ? Math.min(range.end + 1, 70_000) - range.start : 70_000,
        );
      }
      expect(await files.withLocal(path, (_, fileBytes) => Promise.resolve(fileBytes))).toBe(
        70_000,
      );
      const empty = await stored(0);
      expect((await files.open(empty))?.fileBytes).toBe(0);
      const behind = await files.open(path, { start: 80_000, end: 80_001 });
      expect(behind?.fileBytes).not.toBe(80_002);
      expect(await buffer(behind ?? Readable.from([]))).toHaveLength(0);
    });

    it('gives back ranges, both ends inclusive', async () => {
      const path = await stored(700_000);
      const content = whole(700_000);
      for (const [start, end] of [
        [0, 0],
        [1, 1],
        [0, 699_999],
        [699_999, 699_999],
        [262_143, 262_144],
        [100_000, 650_000],
      ] as const)
        expect((await read(path, { start, end }))?.equals(content.subarray(start, end + 1))).toBe(
          true,
        );
    });

    it('says of a file that is not there that it is not', async () => {
      expect(await files.open(newFilePath('result'))).toBeNull();
    });

    it('gives a file to be read in place', async () => {
      const path = newFilePath('temp');
      await files.store(path, incoming(70_000), { signal: NEVER, durable: false });
      const local = await files.withLocal(path, (localPath) =>
        Promise.resolve(readFileSync(localPath)),
      );
      expect(local.equals(whole(70_000))).toBe(true);
      expect((await read(path))?.equals(whole(70_000))).toBe(true);
    });

    it('gives none in place that is not there', async () => {
      const asked = files.withLocal(newFilePath('temp'), () => Promise.resolve());
      await expect(asked).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
    });

    it('gives a temporary file another name', async () => {
      const from = newFilePath('temp');
      await files.store(from, incoming(9_000_000), { signal: NEVER, durable: false });
      const to = newFilePath('result');
      await files.rename(from, to);
      expect((await read(to))?.equals(whole(9_000_000))).toBe(true);
      expect(await files.open(from)).toBeNull();
      expect(await place.everything()).toEqual([to]);
    });

    it('renames nothing that is not there', async () => {
      const renamed = files.rename(newFilePath('temp'), newFilePath('result'));
      await expect(renamed).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
      expect(await place.everything()).toEqual([]);
    });

    it('removes a file, and one that is gone as well', async () => {
      const path = await stored(10);
      await files.remove(path);
      await files.remove(path);
      expect(await place.everything()).toEqual([]);
    });

    it('lists what is there, of all scopes', async () => {
      const paths = (['temp', 'provider', 'result', 'template'] as const).map(newFilePath);
      for (const [index, path] of paths.entries())
        await files.store(path, incoming(index + 1), KEPT);
      const found = new Map<string, number>();
      for await (const { path, bytes, modifiedAt } of files.list()) {
        found.set(path, bytes);
        expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(60_000);
      }
      expect(found).toEqual(new Map(paths.map((path, index) => [path, index + 1])));
    });

    it('lists more than one page', async () => {
      const paths = Array.from({ length: 1100 }, () => newFilePath('result'));
      for (let at = 0; at < paths.length; at += 50)
        await Promise.all(
          paths
            .slice(at, at + 50)
            .map((path) => files.store(path, incoming(1), { signal: NEVER, durable: false })),
        );
      const found: string[] = [];
      for await (const { path } of files.list()) found.push(path);
      expect(found.toSorted()).toEqual(paths.toSorted());
    });

    it.each([10, 7_000_000])(
      'leaves nothing of a file that is given up after %d bytes',
      async (bytes) => {
        const given = new AbortController();
        const reason = new Error('given up');
        const storing = files.store(newFilePath('temp'), stalling(bytes), {
          signal: given.signal,
          durable: false,
        });
        setTimeout(() => {
          given.abort(reason);
        }, 300);
        await expect(storing).rejects.toBe(reason);
        expect(await place.everything()).toEqual([]);
      },
    );

    it('begins nothing that is given up already', async () => {
      const reason = new Error('given up');
      const storing = files.store(newFilePath('temp'), incoming(10), {
        signal: AbortSignal.abort(reason),
        durable: false,
      });
      await expect(storing).rejects.toBe(reason);
      expect(await place.everything()).toEqual([]);
    });

    it.each([10, 7_000_000])(
      'leaves nothing of what fails to come in after %d bytes',
      async (bytes) => {
        const reason = new Error('the line is gone');
        const failing = async function* () {
          yield* incoming(bytes);
          throw reason;
        };
        await expect(files.store(newFilePath('temp'), failing(), KEPT)).rejects.toBe(reason);
        expect(await place.everything()).toEqual([]);
      },
    );

    it('stores many files at once, each whole', async () => {
      const paths = Array.from({ length: 40 }, () => newFilePath('result'));
      await Promise.all(
        paths.map((path, index) => files.store(path, incoming(100_000 + index), KEPT)),
      );
      for (const [index, path] of paths.entries())
        expect((await read(path))?.equals(whole(100_000 + index))).toBe(true);
    });

    it('holds nothing open for readers that leave', async () => {
      const path = await stored(3_000_000);
      const before = readdirSync('/proc/self/fd').length;
      for (let round = 0; round < 40; round++) {
        const stream = await files.open(path);
        if (round % 2) for await (const _ of stream ?? []) break;
        stream?.destroy();
        await new Promise((resolve) => {
          stream?.once('close', resolve);
        });
      }
      // A connection or two to a server are kept; what is abandoned is closed soon after.
      await eventually(() => {
        expect(readdirSync('/proc/self/fd').length - before).toBeLessThan(10);
      }, 10_000);
    });

    it('tells by a file of its own that it takes files, and leaves none', async () => {
      const room = await files.probe(AbortSignal.timeout(5000));
      if (room.freeBytes !== undefined) expect(room.freeBytes).toBeLessThan(room.totalBytes ?? 0);
      expect(await place.everything()).toEqual([]);
    });

    // What these would lead to, were they not refused, is still within the folder of the test.
    it.each([
      '',
      '.',
      '..',
      '/outside',
      '../../outside',
      'temp/../../outside',
      'temp/2026-01-01/..',
      'temp/2026-01-01/00000000-0000-4000-8000-000000000000/..',
      'temp/2026-01-01/00000000-0000-4000-8000-000000000000\n',
      'temp/2026-01-01/00000000-0000-4000-8000-00000000000\0',
      'temp/2026-01-01/%2e%2e',
      'other/2026-01-01/00000000-0000-4000-8000-000000000000',
      'TEMP/2026-01-01/00000000-0000-4000-8000-000000000000',
      'temp\\2026-01-01\\00000000-0000-4000-8000-000000000000',
    ])('refuses the name %j', async (path) => {
      const good = newFilePath('temp');
      await expect(files.store(path, incoming(1), KEPT)).rejects.toThrow(TypeError);
      await expect(files.open(path)).rejects.toThrow(TypeError);
      await expect(files.withLocal(path, () => Promise.resolve())).rejects.toThrow(TypeError);
      await expect(files.rename(path, good)).rejects.toThrow(TypeError);
      await expect(files.rename(good, path)).rejects.toThrow(TypeError);
      await expect(files.remove(path)).rejects.toThrow(TypeError);
      expect(await place.everything()).toEqual([]);
    });
  });
}
