import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Places } from '../../../src/stores/media/images/places.js';
import { preview } from '../../../src/stores/media/images/preview.js';
import { cleanup } from '../../support/cleanup.js';
import { bomb, described, photo } from '../../support/media/photos.js';

const { temporaryFolder } = cleanup();
const { signal } = new AbortController();

function file(content: Buffer): string {
  const path = join(temporaryFolder(), 'photo');
  writeFileSync(path, content);
  return path;
}

describe('a decoder', () => {
  it('makes a small WebP, upright, of any of them', async () => {
    for (const type of ['image/jpeg', 'image/png', 'image/webp'] as const) {
      const path = file(await photo(type, { width: 800, height: 400, orientation: 6 }));
      const { width, height, format } = await described(Buffer.from(await preview(path, signal)));
      expect({ width, height, format }).toEqual({ width: 160, height: 320, format: 'webp' });
    }
  });

  it.each([
    ['has more pixels than are taken', bomb(10_000, 6000), /pixel limit/],
    ['breaks off', bomb(2000, 2000), /./],
    [
      'is a vector',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /./,
    ],
    ['is a GIF', Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64'), /./],
    ['is empty', Buffer.alloc(0), /./],
  ])('refuses what %s, and soon', async (_what, content, why) => {
    const begun = performance.now();
    await expect(preview(file(content), signal)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      cause: { message: expect.stringMatching(why) as unknown },
    });
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('does not decode what nobody waits for any more', async () => {
    const reason = new Error('left');
    const path = file(await photo());
    await expect(preview(path, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('places', () => {
  it('are taken by so many at once, in their order, and left by who gives up', async () => {
    const places = new Places(2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const run = (number: number, given = signal) =>
      places.run(given, async () => {
        begun.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
        return number;
      });
    const leaving = new AbortController();
    const reason = new Error('left');
    const all = [run(1), run(2), run(3, leaving.signal), run(4)];
    const third = expect(all[2]).rejects.toBe(reason);
    await Promise.resolve();
    expect(begun).toEqual([1, 2]);
    leaving.abort(reason);
    await third;
    ends[0]?.();
    expect(await all[0]).toBe(1);
    await Promise.resolve();
    expect(begun).toEqual([1, 2, 4]);
    for (const end of ends) end();
    expect(await Promise.all([all[1], all[3]])).toEqual([2, 4]);
    expect(await places.run(signal, () => Promise.resolve(5))).toBe(5);
  });
});
