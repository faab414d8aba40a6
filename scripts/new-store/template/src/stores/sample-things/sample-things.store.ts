import './sample-things.reasons.js';
import { storeNamed } from '@holdfast/guard/define-store';
import type { StoreRegistration } from '../store.js';
import { sampleThingsNeeds } from './sample-things.needs.js';
import { sampleThingsVariables } from './sample-things.variables.js';

/** SAMPLE_THINGS_STORE_BACKEND and SAMPLE_THINGS_POSTGRES_DSN say where it is. */
export const sampleThingsStore: StoreRegistration = {
  ...storeNamed('sample_things', { variables: sampleThingsVariables }),
  needs: sampleThingsNeeds,
  module: async () => (await import('./sample-things.module.js')).SampleThingsModule,
  entities: async () => [(await import('./sample-thing.entity.js')).SampleThingEntity],
  newestRecords: async () => (await import('./sample-things.newest-records.js')).newestSampleThings,
};
