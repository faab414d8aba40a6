import { expect, it } from '@jest/globals';
import { IngestPlaces } from '../../../src/stores/media/ingest/ingest-places.js';

const take = (places: IngestPlaces, networks: readonly string[]) =>
  networks.map((network) => places.take(network));

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

it('are as many as there may be, and free again when they are left', () => {
  const places = new IngestPlaces(2);
  const [first] = take(places, ['a', 'b']);
  expect(codeOf(() => places.take('c'))).toBe('INGEST_BUSY');
  if (first) places.leave(first);
  expect(places.take('c').lost.aborted).toBe(false);
  expect(places.taken).toBe(2);
});

it('go from the network that has most of them without a proof to one that has fewer', () => {
  const places = new IngestPlaces(4);
  const taken = take(places, ['a', 'b', 'b', 'b']);
  places.take('c');
  expect(taken.map(({ lost }) => lost.aborted)).toEqual([false, true, false, false]);
  expect(taken[1]?.lost.reason).toMatchObject({ code: 'INGEST_BUSY' });
  expect(places.taken).toBe(4);
  // With one more than it has, nobody would have the last word.
  expect(codeOf(() => places.take('c'))).toBe('INGEST_BUSY');
  expect(codeOf(() => places.take('b'))).toBe('INGEST_BUSY');
  if (taken[1]) places.leave(taken[1]);
  expect(places.taken).toBe(4);
});

it('stay with those who are admitted', () => {
  const places = new IngestPlaces(3);
  for (const place of take(places, ['b', 'b', 'b'])) place.isAdmitted = true;
  expect(codeOf(() => places.take('c'))).toBe('INGEST_BUSY');
});
