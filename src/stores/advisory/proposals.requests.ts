import { z } from 'zod';
import {
  document,
  identifier,
  listFields,
  partFields,
  remark,
  wholeNumber,
} from '@holdfast/nest/http/fields';
import { APPROVAL_TYPES, PROPOSAL_STATES } from './proposal.workflow.js';

const state = z.enum(PROPOSAL_STATES);

const actor = (who: string) =>
  identifier(`${who} Where callers prove who they are it may be left out: it is them.`);

export const CreateProposal = z
  .strictObject({
    portfolio_id: identifier('Portfolio the proposal is for.'),
    created_by: actor('Who proposes.'),
    title: z.string().max(1000).nullish(),
    mandate_id: z.string().min(1).max(128).nullish(),
    jurisdiction: z.string().min(1).max(128).nullish(),
    advisor_notes: remark(),
    document: document(),
  })
  .meta({ id: 'CreateProposalRequest' });

export const AddVersion = z
  .strictObject({
    created_by: actor('Who proposes.'),
    document: document(),
    expected_version_no: z.int().min(1).max(2_147_483_647).optional(),
  })
  .meta({ id: 'AddVersionRequest' });

export const Transition = z
  .strictObject({
    to_state: state,
    expected_state: state,
    actor_id: actor('Who decides.'),
    reason: remark(),
  })
  .meta({ id: 'TransitionRequest' });

export const RecordApproval = z
  .strictObject({
    approval_type: z.enum(APPROVAL_TYPES),
    approved: z.boolean(),
    expected_state: state,
    actor_id: actor('Who decides.'),
    comment: remark(),
  })
  .meta({ id: 'RecordApprovalRequest' });

export const ListProposals = z.strictObject({
  portfolio_id: z.string().min(1).max(128).optional(),
  state: state.optional(),
  created_by: z.string().min(1).max(128).optional(),
  ...listFields,
});

/** Which of the events or the approvals of one proposal. */
export const ListParts = z.strictObject(partFields);

export const ProposalPath = z.strictObject({ proposal_id: z.string().min(1).max(128) });

export const VersionPath = z.strictObject({
  proposal_id: z.string().min(1).max(128),
  version_no: wholeNumber(1, 2_147_483_647),
});
