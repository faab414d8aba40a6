import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { readIdempotencyKey } from '../../http/idempotency-key.js';
import { Operation } from '../../http/operation.js';
import * as examples from './proposals.examples.js';
import { ProposalsService } from './proposals.service.js';
import * as wire from './proposals.wire.js';

@Controller('rebalance/proposals')
export class ProposalsController {
  constructor(private readonly proposals: ProposalsService) {}

  @Post()
  @Operation({
    summary: 'Create a proposal',
    description:
      'The same Idempotency-Key with the same body answers the same proposal with 200; with another body, 409.',
    headers: [
      {
        name: 'Idempotency-Key',
        description: '1 to 255 visible ASCII characters; names this request for good.',
        required: true,
        example: 'order-2026-11-21-0001',
      },
    ],
    example: examples.createExample,
    returns: {
      201: {
        description: 'Created.',
        schema: wire.ProposalBody,
        example: examples.proposalExample,
        headers: { Location: 'Where the proposal is.' },
      },
      200: {
        description: 'Created before under this key.',
        schema: wire.ProposalBody,
        example: examples.proposalExample,
        headers: { 'Idempotency-Replayed': 'Always true.' },
      },
    },
    errors: [
      'IDEMPOTENCY_KEY_REQUIRED',
      'IDEMPOTENCY_KEY_INVALID',
      'IDEMPOTENCY_KEY_CONFLICT',
      'DOCUMENT_TOO_LARGE',
    ],
  })
  async create(
    @Body({ schema: wire.CreateProposal }) body: z.output<typeof wire.CreateProposal>,
    @Headers('idempotency-key') header: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = readIdempotencyKey(header);
    const { proposal, version, replayed } = await this.proposals.create(
      {
        portfolioId: body.portfolio_id,
        mandateId: body.mandate_id ?? null,
        jurisdiction: body.jurisdiction ?? null,
        title: body.title ?? null,
        advisorNotes: body.advisor_notes ?? null,
        createdBy: body.created_by,
        document: body.document,
      },
      key,
    );
    void (replayed
      ? reply.status(200).header('idempotency-replayed', 'true')
      : reply.status(201).header('location', `/rebalance/proposals/${proposal.proposalId}`));
    return wire.proposalBody(proposal, version);
  }

  @Get()
  @Operation({
    summary: 'List proposals, newest first',
    description:
      'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null; proposals created meanwhile do not disturb the pages.',
    returns: {
      200: {
        description: 'One page.',
        schema: wire.ProposalPageBody,
        example: { items: [examples.summaryExample], next_cursor: null },
      },
    },
    errors: ['CURSOR_INVALID'],
  })
  async list(@Query({ schema: wire.ListProposals }) query: z.output<typeof wire.ListProposals>) {
    const filter = {
      ...(query.portfolio_id !== undefined && { portfolioId: query.portfolio_id }),
      ...(query.state !== undefined && { state: query.state }),
      ...(query.created_by !== undefined && { createdBy: query.created_by }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : wire.readCursor(query.cursor);
    const { items, next } = await this.proposals.list(filter, query.limit, after);
    return { items: items.map(wire.summaryBody), next_cursor: next && wire.writeCursor(next) };
  }

  @Get(':proposal_id')
  @Operation({
    summary: 'Get a proposal with its current version',
    returns: {
      200: {
        description: 'The proposal.',
        schema: wire.ProposalBody,
        example: examples.proposalExample,
      },
    },
    errors: ['PROPOSAL_NOT_FOUND'],
  })
  async get(@Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>) {
    const { proposal, version } = await this.proposals.get(path.proposal_id);
    return wire.proposalBody(proposal, version);
  }

  @Post(':proposal_id/versions')
  @Operation({
    summary: 'Add a version',
    description: 'With expected_version_no the version is added only on top of that one.',
    example: { created_by: 'advisor-7', document: { trades: [] }, expected_version_no: 1 },
    returns: {
      201: {
        description: 'Added; it is now the current version.',
        schema: wire.ProposalBody,
        example: examples.proposalExample,
      },
    },
    errors: ['PROPOSAL_NOT_FOUND', 'STATE_CONFLICT', 'VERSION_NOT_ALLOWED', 'DOCUMENT_TOO_LARGE'],
  })
  async addVersion(
    @Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>,
    @Body({ schema: wire.AddVersion }) body: z.output<typeof wire.AddVersion>,
  ) {
    const { proposal, version } = await this.proposals.addVersion(path.proposal_id, {
      createdBy: body.created_by,
      document: body.document,
      expectedVersionNo: body.expected_version_no,
    });
    return wire.proposalBody(proposal, version);
  }

  @Get(':proposal_id/versions/:version_no')
  @Operation({
    summary: 'Get a version',
    returns: {
      200: {
        description: 'The version, as it was added.',
        schema: wire.VersionBody,
        example: examples.versionExample,
      },
    },
    errors: ['PROPOSAL_NOT_FOUND', 'PROPOSAL_VERSION_NOT_FOUND'],
  })
  async version(@Param({ schema: wire.VersionPath }) path: z.output<typeof wire.VersionPath>) {
    return wire.versionBody(await this.proposals.version(path.proposal_id, path.version_no));
  }

  @Post(':proposal_id/transitions')
  @HttpCode(200)
  @Operation({
    summary: 'Move a proposal to another state',
    description: 'Only from expected_state; a proposal that is elsewhere answers STATE_CONFLICT.',
    example: examples.transitionExample,
    returns: {
      200: {
        description: 'The proposal in its new state, and the event.',
        schema: wire.TransitionBody,
        example: {
          ...examples.summaryExample,
          current_state: 'RISK_REVIEW',
          event: examples.eventExample,
        },
      },
    },
    errors: ['PROPOSAL_NOT_FOUND', 'STATE_CONFLICT', 'TRANSITION_NOT_ALLOWED'],
  })
  async transition(
    @Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>,
    @Body({ schema: wire.Transition }) body: z.output<typeof wire.Transition>,
  ) {
    const { proposal, event } = await this.proposals.transition(path.proposal_id, {
      toState: body.to_state,
      expectedState: body.expected_state,
      actorId: body.actor_id,
      reason: body.reason ?? null,
    });
    return { ...wire.summaryBody(proposal), event: wire.eventBody(event) };
  }

  @Post(':proposal_id/approvals')
  @Operation({
    summary: 'Record an approval or a refusal',
    description:
      'An approval moves the proposal on: RISK to COMPLIANCE_REVIEW, COMPLIANCE to AWAITING_CLIENT_CONSENT, CLIENT_CONSENT to EXECUTION_READY. A refusal moves it to REJECTED.',
    example: examples.recordApprovalExample,
    returns: {
      201: {
        description: 'The proposal in its new state, the approval and the event.',
        schema: wire.RecordedApprovalBody,
        example: {
          ...examples.summaryExample,
          current_state: 'COMPLIANCE_REVIEW',
          approval: examples.approvalExample,
          event: { ...examples.eventExample, event_type: 'APPROVAL_RECORDED' },
        },
      },
    },
    errors: ['PROPOSAL_NOT_FOUND', 'STATE_CONFLICT', 'APPROVAL_NOT_ALLOWED'],
  })
  async recordApproval(
    @Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>,
    @Body({ schema: wire.RecordApproval }) body: z.output<typeof wire.RecordApproval>,
  ) {
    const { proposal, approval, event } = await this.proposals.recordApproval(path.proposal_id, {
      approvalType: body.approval_type,
      approved: body.approved,
      expectedState: body.expected_state,
      actorId: body.actor_id,
      comment: body.comment ?? null,
    });
    return {
      ...wire.summaryBody(proposal),
      approval: wire.approvalBody(approval),
      event: wire.eventBody(event),
    };
  }

  @Get(':proposal_id/approvals')
  @Operation({
    summary: 'List the approvals of a proposal, oldest first',
    returns: {
      200: {
        description: 'All of them.',
        schema: wire.ApprovalsBody,
        example: {
          proposal_id: examples.approvalExample.proposal_id,
          items: [examples.approvalExample],
        },
      },
    },
    errors: ['PROPOSAL_NOT_FOUND'],
  })
  async approvals(@Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>) {
    const approvals = await this.proposals.approvals(path.proposal_id);
    return { proposal_id: path.proposal_id, items: approvals.map(wire.approvalBody) };
  }

  @Get(':proposal_id/events')
  @Operation({
    summary: 'List what happened to a proposal, oldest first',
    returns: {
      200: {
        description: 'All of it.',
        schema: wire.EventsBody,
        example: { proposal_id: examples.eventExample.proposal_id, items: [examples.eventExample] },
      },
    },
    errors: ['PROPOSAL_NOT_FOUND'],
  })
  async events(@Param({ schema: wire.ProposalPath }) path: z.output<typeof wire.ProposalPath>) {
    const events = await this.proposals.events(path.proposal_id);
    return { proposal_id: path.proposal_id, items: events.map(wire.eventBody) };
  }
}
