import './media.log-fields.js';
import './media.reasons.js';
import { defineStore } from '@holdfast/guard/define-store';
import type { StoreRegistration } from '../store.js';
import { mediaNeeds } from './media.needs.js';
import { judgeMediaFiles } from './media.rules.js';
import { mediaVariables } from './media.variables.js';

export const mediaStore: StoreRegistration = defineStore({
  name: 'media',
  prefix: 'MEDIA',
  meaning: 'slots, jobs and results of photos',
  backendVariable: 'MEDIA_STORE_BACKEND',
  dsnVariable: 'MEDIA_POSTGRES_DSN',
  enabledBy: ['MEDIA_ENABLED'],
  variables: mediaVariables,
  wantedInProduction: { MEDIA_ROOT_DURABLE: 'true' },
  judge: judgeMediaFiles,
  needs: mediaNeeds,
  module: async () => (await import('./media.module.js')).MediaModule,
  entities: async () => (await import('./media.entities.js')).mediaEntities,
  retention: async () => (await import('./media.retention.js')).openMediaRetention,
  newestRecords: async () => (await import('./media.newest-records.js')).newestMediaRecords,
});
