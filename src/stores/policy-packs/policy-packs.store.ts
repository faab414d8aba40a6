import './policy-packs.reasons.js';
import { defineStore } from '@holdfast/guard/define-store';
import { policyPacksVariables } from './policy-packs.variables.js';
import { policyPacksNeeds } from './policy-packs.needs.js';
import type { StoreRegistration } from '../store.js';

export const policyPacksStore: StoreRegistration = defineStore({
  name: 'policy_packs',
  prefix: 'POLICY_PACK',
  meaning: 'policy-pack catalogue',
  backendVariable: 'DPM_POLICY_PACK_CATALOG_BACKEND',
  dsnVariable: 'DPM_POLICY_PACK_POSTGRES_DSN',
  enabledBy: ['DPM_POLICY_PACKS_ENABLED', 'DPM_POLICY_PACK_ADMIN_APIS_ENABLED'],
  variables: policyPacksVariables,
  needs: policyPacksNeeds,
  module: async () => (await import('./policy-packs.module.js')).PolicyPacksModule,
  entities: async () => [(await import('./policy-pack.entity.js')).PolicyPackEntity],
  newestRecords: async () => (await import('./policy-packs.newest-records.js')).newestPolicyPacks,
  moduleWhenOff: async () => (await import('./policy-packs-off.module.js')).PolicyPacksOffModule,
});
