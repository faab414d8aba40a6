import { randomUUID } from 'node:crypto';
import type { StoreWrites } from './store-writes.js';

export const writes: StoreWrites = {
  posts: {},
  others: () =>
    Promise.resolve([
      {
        name: 'PUT a sample thing',
        method: 'PUT',
        path: `/sample-things/${randomUUID()}`,
        body: { text: 'text' },
      },
    ]),
};
