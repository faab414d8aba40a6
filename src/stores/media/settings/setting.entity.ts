import {
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const SettingEntity = defineEntity('settings', {
  key: primary(identifier()),
  /** A number as text, a hash, or an `enc:` value: never a secret in the open. */
  value: text(),
  version: integer(),
  updatedAt: instant(),
  updatedBy: nullable(text()),
});
