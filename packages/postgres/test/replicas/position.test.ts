import { describe, expect, it } from '@jest/globals';
import { endOfRecords, positionOf } from '../../src/replicas/position.js';

describe('a position in the write-ahead log', () => {
  it.each<[string, bigint]>([
    ['0/0', 0n],
    ['0/3000028', 0x3000028n],
    ['16/B374D848', 0x16b374d848n],
    ['FFFFFFFF/FFFFFFFF', 0xffffffffffffffffn],
  ])('is read as a number: %s', (text, expected) => {
    expect(positionOf(text)).toBe(expected);
  });

  it.each([
    ['at the first page of a file', '0/4000028', '0/4000000'],
    ['at another page', '0/4002018', '0/4002000'],
    ['within a page', '0/4002030', '0/4002030'],
    ['at the very start of a page', '0/4002000', '0/4002000'],
  ])('of an insertion is not behind a header: %s', (_, insert, end) => {
    expect(endOfRecords(positionOf(insert))).toBe(positionOf(end));
  });
});
