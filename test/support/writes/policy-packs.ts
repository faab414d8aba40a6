import { randomUUID } from 'node:crypto';
import type { StoreWrites } from './store-writes.js';

const aPack = () => ({
  version: randomUUID(),
  applies_to: 'PORTFOLIO',
  target_id: randomUUID(),
  definition: {},
});

const aPath = (name: string) => `/rebalance/policies/catalog/${name}-${randomUUID()}`;

export const writes: StoreWrites = {
  posts: {},
  others: async (send) => {
    const [fresh, old, gone] = [aPath('new'), aPath('old'), aPath('gone')];
    for (const path of [old, gone]) await send({ method: 'PUT', path, body: aPack() });
    const ifMatch = '*';
    return [
      { name: 'PUT a new pack', method: 'PUT', path: fresh, body: aPack() },
      { name: 'PUT an old pack', method: 'PUT', path: old, body: aPack(), ifMatch },
      { name: 'DELETE a pack', method: 'DELETE', path: gone, ifMatch },
    ];
  },
  deletesFrom: ['policy_packs'],
};
