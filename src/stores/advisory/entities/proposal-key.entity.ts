import { identifier, instant, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

/** The keys under which proposals were created. */
export const ProposalKeyEntity = defineEntity('proposal_idempotency', {
  idempotencyKey: primary(text()),
  /** SHA-256 of the canonical request, in hexadecimal. */
  requestHash: text(),
  proposalId: identifier(),
  createdAt: instant(),
});
