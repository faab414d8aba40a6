// Written by `npm run reference` from the migrations and the statements of the stores.
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';

/** What this build's statements need of the store's tables on PostgreSQL. */
export const sampleThingsNeeds: DatabaseNeeds = {
  sample_things: {
    rights: ['SELECT', 'INSERT'],
    columns: {
      sample_thing_id: { type: 'text', notNull: true, filled: false },
      text: { type: 'text', notNull: true, filled: false },
      created_at: { type: 'timestamptz', notNull: true, filled: false },
    },
    keys: ['sample_thing_id'],
    constraints: [],
  },
};
