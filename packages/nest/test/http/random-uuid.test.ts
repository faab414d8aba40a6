import { expect, it } from '@jest/globals';
import { randomUuid } from '../../src/http/random-uuid.js';

const VERSION_4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const COUNT = 5000;

it('makes UUIDs of version 4, none twice', () => {
  const made = Array.from({ length: COUNT }, randomUuid);
  expect(made.filter((uuid) => !VERSION_4.test(uuid))).toEqual([]);
  expect(new Set(made).size).toBe(COUNT);
});

it('draws every digit but that of the version', () => {
  const made = Array.from({ length: COUNT }, () => randomUuid().replaceAll('-', ''));
  const counts = Array.from({ length: 32 }, (_, at) => new Set(made.map((uuid) => uuid[at])).size);
  const expected = Array.from({ length: 32 }, (_, at) => ({ 12: 1, 16: 4 })[at] ?? 16);
  expect(counts).toEqual(expected);
});
