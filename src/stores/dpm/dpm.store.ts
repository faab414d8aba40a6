import './dpm.log-fields.js';
import './dpm.reasons.js';
import { defineStore } from '@holdfast/guard/define-store';
import { dpmVariables } from './dpm.variables.js';
import { dpmNeeds } from './dpm.needs.js';
import type { StoreRegistration } from '../store.js';

export const dpmStore: StoreRegistration = defineStore({
  name: 'dpm',
  prefix: 'DPM',
  meaning: 'rebalancing-run supportability',
  backendVariable: 'DPM_SUPPORTABILITY_STORE_BACKEND',
  dsnVariable: 'DPM_SUPPORTABILITY_POSTGRES_DSN',
  enabledBy: [],
  variables: dpmVariables,
  needs: dpmNeeds,
  module: async () => (await import('./dpm.module.js')).DpmModule,
  entities: async () => (await import('./dpm.entities.js')).dpmEntities,
  newestRecords: async () => (await import('./dpm.newest-records.js')).newestDpmRecords,
  retention: async () => (await import('./dpm.retention.js')).openDpmRetention,
});
