import { answer, defineReasons } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the advisory store refuses. */
export const reasons = defineReasons({
  PROPOSAL_NOT_FOUND: answer(404, 'There is no such proposal.', 'Check proposal_id.'),
  PROPOSAL_VERSION_NOT_FOUND: answer(
    404,
    'The proposal has no such version.',
    'Check version_no; current_version_no of the proposal is the highest.',
  ),
  TRANSITION_NOT_ALLOWED: answer(
    422,
    'The proposal cannot go from its state to that one.',
    'See the table of transitions in /docs.',
  ),
  VERSION_NOT_ALLOWED: answer(
    422,
    'The proposal takes no new version in its state.',
    'Versions are added in DRAFT, RISK_REVIEW and COMPLIANCE_REVIEW.',
  ),
  SELF_APPROVAL_FORBIDDEN: answer(
    403,
    'Nobody approves what they have proposed themselves.',
    'Let somebody else approve it than who created the proposal or wrote its current version.',
  ),
  APPROVAL_NOT_ALLOWED: answer(
    422,
    'That approval does not belong to the state of the proposal.',
    'RISK belongs to RISK_REVIEW, COMPLIANCE to COMPLIANCE_REVIEW, CLIENT_CONSENT to AWAITING_CLIENT_CONSENT.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
