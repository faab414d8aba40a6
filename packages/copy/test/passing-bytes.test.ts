import { expect, it } from '@jest/globals';
import { PassingBytes } from '../src/postgres/passing-bytes.js';

const BLOCK_BYTES = 128 * 1024;
const BLOCKS = 2000;

/** The most bytes that buffers took at a time beside those that were there, of 256 MB that passed. */
function mostHeld(passed: (bytes: number) => void): number {
  const { arrayBuffers: before } = process.memoryUsage();
  let most = 0;
  for (let count = 0; count < BLOCKS; count += 1) {
    passed(Buffer.alloc(BLOCK_BYTES, 1).length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  return most;
}

it('gives back what has passed long before V8 would', () => {
  const passing = new PassingBytes();
  const most = mostHeld((bytes) => {
    passing.add(bytes);
  });
  expect(most).toBeLessThan(24 * 1024 * 1024);
});
