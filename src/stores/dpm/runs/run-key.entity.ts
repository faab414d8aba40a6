import { identifier, integer, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

/** The keys under which runs were recorded. */
export const RunKeyEntity = defineEntity('dpm_run_idempotency', {
  idempotencyKey: primary(text()),
  /** SHA-256 of the canonical body, in hexadecimal. */
  bodyHash: text(),
  rebalanceRunId: identifier(),
  uses: integer(),
});
