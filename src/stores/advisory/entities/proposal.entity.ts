import {
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { ProposalState } from '../proposal.workflow.js';

export const ProposalEntity = defineEntity('proposal_records', {
  proposalId: primary(identifier()),
  portfolioId: text(),
  mandateId: nullable(text()),
  jurisdiction: nullable(text()),
  title: nullable(text()),
  advisorNotes: nullable(text()),
  createdBy: text(),
  currentState: text<ProposalState>(),
  currentVersionNo: integer(),
  /** Counts the writes; the number of the last event. */
  revision: integer(),
  createdAt: instant(),
  updatedAt: instant(),
});
