import {
  boolean,
  identifier,
  instant,
  integer,
  json,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { JsonFields } from '../json-fields.js';
import type { OperationKind } from './slot.js';

export const SlotEntity = defineEntity('slot', {
  id: primary(identifier()),
  displayName: text(),
  /** Name of a driver; null until somebody chooses one. */
  provider: nullable(text()),
  operation: text<OperationKind>(),
  settingsJson: json<JsonFields>(),
  sizeLimitMb: integer(),
  isActive: boolean(),
  /** Counts the writes: a change needs the version that was read. */
  version: integer(),
  updatedBy: nullable(text()),
  createdAt: instant(),
  updatedAt: instant(),
});
