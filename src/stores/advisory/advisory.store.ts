import './advisory.reasons.js';
import { defineStore } from '@holdfast/guard/define-store';
import { advisoryVariables } from './advisory.variables.js';
import { advisoryNeeds } from './advisory.needs.js';
import type { StoreRegistration } from '../store.js';

export const advisoryStore: StoreRegistration = defineStore({
  name: 'advisory',
  prefix: 'ADVISORY',
  meaning: 'advisory proposals',
  backendVariable: 'PROPOSAL_STORE_BACKEND',
  dsnVariable: 'PROPOSAL_POSTGRES_DSN',
  enabledBy: [],
  variables: advisoryVariables,
  needs: advisoryNeeds,
  module: async () => (await import('./advisory.module.js')).AdvisoryModule,
  retention: async () => (await import('./advisory.retention.js')).openAdvisoryRetention,
  entities: async () => (await import('./advisory.entities.js')).advisoryEntities,
  newestRecords: async () => (await import('./advisory.newest-records.js')).newestProposals,
});
