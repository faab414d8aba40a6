import type { ServerResponse } from 'node:http';
import { expect, it } from '@jest/globals';
import { Unanswered } from '../../src/http/unanswered.js';

const responseOf = (number: number) => ({ number }) as unknown as ServerResponse;
const [first, second, third, fourth] = [1, 2, 3, 4].map(responseOf) as [
  ServerResponse,
  ServerResponse,
  ServerResponse,
  ServerResponse,
];

it('keeps the order of the requests, whichever is answered', () => {
  const unanswered = new Unanswered();
  const held = () => [unanswered.size, ...unanswered];
  expect(held()).toEqual([0]);
  for (const response of [first, second, third, fourth]) unanswered.add(response);
  expect(held()).toEqual([4, first, second, third, fourth]);
  unanswered.delete(first);
  expect(held()).toEqual([3, second, third, fourth]);
  unanswered.delete(third);
  expect(held()).toEqual([2, second, fourth]);
  unanswered.delete(third);
  unanswered.delete(second);
  unanswered.delete(fourth);
  expect(held()).toEqual([0]);
  unanswered.add(third);
  expect(held()).toEqual([1, third]);
});
