// Written by `npm run reference` from the migrations and the statements of the stores.
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';

/** What this build's statements need of the store's tables on PostgreSQL. */
export const policyPacksNeeds: DatabaseNeeds = {
  policy_packs: {
    rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    updates: [
      'applies_to',
      'definition',
      'entity_tag',
      'revision',
      'target_id',
      'updated_at',
      'version',
    ],
    columns: {
      policy_pack_id: { type: 'text', notNull: true, filled: false },
      applies_to: { type: 'text', notNull: true, filled: false },
      target_id: { type: 'text', notNull: false, filled: false },
      version: { type: 'text', notNull: true, filled: false },
      definition: { type: 'json', notNull: true, filled: false },
      revision: { type: 'int4', notNull: true, filled: false },
      entity_tag: { type: 'text', notNull: true, filled: false },
      created_at: { type: 'timestamptz', notNull: true, filled: false },
      updated_at: { type: 'timestamptz', notNull: true, filled: false },
    },
    keys: ['applies_to WHERE', 'applies_to, target_id', 'policy_pack_id'],
    constraints: ['CHECK (applies_to, target_id)'],
  },
};
