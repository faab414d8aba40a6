import { z } from 'zod';
import { ReasonError } from '../../reasons.js';
import { APPROVAL_TYPES, type JsonValue, PROPOSAL_STATES } from './proposal.js';
import type { ProposalPosition } from './proposal.repository.js';

const identifier = (meaning: string) => z.string().min(1).max(128).meta({ description: meaning });
const document = z
  .custom<JsonValue>((value) => value !== undefined, 'is required')
  .meta({ description: 'Any JSON value up to 1 MiB; it comes back as it was sent.' });
const state = z.enum(PROPOSAL_STATES);

/** RFC 3339 with up to microseconds and an offset; becomes UTC with microseconds. */
const instant = z.iso
  .datetime({ offset: true })
  .refine((text) => !/\.\d{7,}/.test(text), 'has more than six decimals')
  .transform(microseconds)
  .refine(isStorable, 'is outside the years 0001 to 9999');

export const CreateProposal = z
  .strictObject({
    portfolio_id: identifier('Portfolio the proposal is for.'),
    created_by: identifier('Who proposes.'),
    title: z.string().max(1000).nullish(),
    mandate_id: z.string().min(1).max(128).nullish(),
    jurisdiction: z.string().min(1).max(128).nullish(),
    advisor_notes: z.string().max(65_536).nullish(),
    document,
  })
  .meta({ id: 'CreateProposalRequest' });

export const AddVersion = z
  .strictObject({
    created_by: identifier('Who proposes.'),
    document,
    expected_version_no: z.int().min(1).max(2_147_483_647).optional(),
  })
  .meta({ id: 'AddVersionRequest' });

export const Transition = z
  .strictObject({
    to_state: state,
    expected_state: state,
    actor_id: identifier('Who decides.'),
    reason: z.string().max(65_536).nullish(),
  })
  .meta({ id: 'TransitionRequest' });

export const RecordApproval = z
  .strictObject({
    approval_type: z.enum(APPROVAL_TYPES),
    approved: z.boolean(),
    expected_state: state,
    actor_id: identifier('Who decides.'),
    comment: z.string().max(65_536).nullish(),
  })
  .meta({ id: 'RecordApprovalRequest' });

export const ListProposals = z.strictObject({
  portfolio_id: z.string().min(1).max(128).optional(),
  state: state.optional(),
  created_by: z.string().min(1).max(128).optional(),
  created_from: instant.optional(),
  created_to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
});

export const ProposalPath = z.strictObject({ proposal_id: z.string().min(1).max(128) });

export const VersionPath = z.strictObject({
  proposal_id: z.string().min(1).max(128),
  version_no: z.coerce.number().int().min(1).max(2_147_483_647),
});

const Position = z.tuple([
  z.iso.datetime({ precision: 3 }).refine(isStorable),
  z.string().min(1).max(128),
]);

export function writeCursor({ createdAt, proposalId }: ProposalPosition): string {
  return Buffer.from(JSON.stringify([createdAt, proposalId])).toString('base64url');
}

/** @throws CURSOR_INVALID */
export function readCursor(cursor: string): ProposalPosition {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ReasonError('CURSOR_INVALID', { cause });
  }
  const position = Position.safeParse(parsed);
  if (!position.success || position.data[1].includes('\0')) throw new ReasonError('CURSOR_INVALID');
  const [createdAt, proposalId] = position.data;
  return { createdAt, proposalId };
}

function microseconds(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = new Date(text.replace(/\.\d+/, '')).toISOString().slice(0, 19);
  return `${whole}.${fraction.padEnd(6, '0')}Z`;
}

/** Years that every backend can hold, in UTC and in four digits. */
function isStorable(instant: string): boolean {
  return /^(?!0000)\d{4}-/.test(instant);
}
