import {
  identifier,
  instant,
  integer,
  json,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const ProposalVersionEntity = defineEntity('proposal_versions', {
  proposalId: primary(identifier()),
  versionNo: primary(integer()),
  document: json(),
  /** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. */
  documentHash: text(),
  createdBy: text(),
  createdAt: instant(),
});
