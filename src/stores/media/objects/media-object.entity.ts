import {
  bigint,
  identifier,
  instant,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { Scope } from './media-object.js';

export const MediaObjectEntity = defineEntity(
  'media_object',
  {
    id: primary(identifier()),
    /** Null for a template. */
    jobId: nullable(identifier()),
    slotId: identifier(),
    scope: text<Scope>(),
    /** Its name in `MediaFiles`. */
    path: identifier(),
    contentType: text(),
    bytes: bigint(),
    /** In hexadecimal. */
    sha256: text(),
    /** Null for what stays until somebody removes it. */
    expiresAt: nullable(instant()),
    /** When its file was removed; the row stays. */
    cleanedAt: nullable(instant()),
  },
  { indices: [{ columns: ['path'], unique: true, where: 'cleaned_at IS NULL' }] },
);
