import { instant, integer, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { KeyOutcome } from './run.js';

export const KeyUseEntity = defineEntity('dpm_run_idempotency_history', {
  idempotencyKey: primary(text()),
  /** 1, 2, 3, … of one key. */
  useNo: primary(integer()),
  outcome: text<KeyOutcome>(),
  /** SHA-256 of the canonical body that was sent, in hexadecimal. */
  bodyHash: text(),
  /** Of the body that was sent. */
  correlationId: text(),
  occurredAt: instant(),
});
