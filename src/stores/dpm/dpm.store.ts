import type { StoreRegistration } from '../store.js';

export const dpmStore: StoreRegistration = {
  name: 'dpm',
  prefix: 'DPM',
  meaning: 'rebalancing-run supportability',
  backendVariable: 'DPM_SUPPORTABILITY_STORE_BACKEND',
  dsnVariable: 'DPM_SUPPORTABILITY_POSTGRES_DSN',
  enabledBy: [],
};
