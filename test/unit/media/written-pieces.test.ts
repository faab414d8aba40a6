import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { gathered } from '../../../src/stores/media/files/folder/gathered.js';
import { writePieces } from '../../../src/stores/media/files/folder/write-pieces.js';
import { cleanup } from '../../support/cleanup.js';

const { later, temporaryFolder } = cleanup();
const pieces = ['a', 'bc', 'def', 'ghij'].map((text) => Buffer.from(text));

// eslint-disable-next-line @typescript-eslint/require-await -- what is gathered comes in over time.
async function* incoming(given: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* given;
}

async function lengthsOf(given: readonly Uint8Array[], least: number): Promise<readonly number[]> {
  const lengths: number[] = [];
  for await (const { length } of gathered(incoming(given), least)) lengths.push(length);
  return lengths;
}

describe('pieces of a file', () => {
  it('are gathered until they are large together, or many', async () => {
    expect(await lengthsOf(pieces, 3)).toEqual([2, 1, 1]);
    expect(await lengthsOf(pieces, 100)).toEqual([4]);
    expect(await lengthsOf([], 100)).toEqual([]);
    const small = Array.from({ length: 600 }, () => Buffer.from('x'));
    expect(await lengthsOf(small, 1000)).toEqual([256, 256, 88]);
  });

  it.each([
    ['all at once', (handle: FileHandle) => handle],
    ['after a call that has written fewer bytes', writesFewer],
  ])('are written, %s', async (_, handleOf) => {
    const file = join(temporaryFolder(), 'file');
    const handle = await open(file, 'wx');
    later(() => handle.close());
    await writePieces(handleOf(handle), pieces);
    await writePieces(handleOf(handle), pieces);
    expect(await readFile(file, 'utf8')).toBe('abcdefghij'.repeat(2));
  });
});

/** As a system does that has room for no more at this moment. */
function writesFewer(handle: FileHandle): FileHandle {
  const fewer = Object.create(handle) as FileHandle;
  fewer.writev = (given) => handle.writev([...given].slice(0, 2) as Buffer[]) as never;
  fewer.writeFile = (data) => handle.writeFile(data);
  return fewer;
}
