import {
  identifier,
  instant,
  integer,
  json,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { PolicyDefinition } from './policy-definition.js';
import type { Scope } from './policy-pack.js';

export const PolicyPackEntity = defineEntity(
  'policy_packs',
  {
    policyPackId: primary(identifier()),
    appliesTo: text<Scope>(),
    /** The portfolio or the tenant; null for `DEFAULT` and only for it. */
    targetId: nullable(text()),
    /** The author's own label. */
    version: text(),
    definition: json<PolicyDefinition>(),
    /** Counts the writes since the pack was created. */
    revision: integer(),
    /** Names this state of this pack: no other state has it, of a later pack of the same name neither. */
    entityTag: text(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  {
    indices: [
      { columns: ['targetId', 'appliesTo'], unique: true },
      { columns: ['appliesTo'], unique: true, where: 'target_id IS NULL' },
    ],
  },
);
