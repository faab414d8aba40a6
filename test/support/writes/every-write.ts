import { storeFiles } from '../store-files.js';
import type { StoreWrites } from './store-writes.js';

/** Of every store. */
export const storeWrites = (
  await storeFiles<{ readonly writes: StoreWrites }>(
    'writes',
    '`writes`: the requests that write to the tables of the store',
  )
).map(({ writes }) => writes);

/** Every route that writes by POST. */
export const KEYED_WRITES: StoreWrites['posts'] = Object.fromEntries(
  storeWrites.flatMap(({ posts }) => Object.entries(posts)),
);
