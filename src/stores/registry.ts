import { advisoryStore } from './advisory/advisory.store.js';
import { dpmStore } from './dpm/dpm.store.js';
import { mediaStore } from './media/media.store.js';
import { policyPacksStore } from './policy-packs/policy-packs.store.js';
import type { StoreRegistration } from './store.js';

/** Every store of this build, in the order in which the guard reports them. */
export const registeredStores: readonly StoreRegistration[] = [
  dpmStore,
  advisoryStore,
  policyPacksStore,
  mediaStore,
];
