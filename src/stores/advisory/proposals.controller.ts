import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { NamesActor } from '@holdfast/nest/auth/actor';
import { type Caller, CurrentCaller, requireScope } from '@holdfast/nest/auth/caller';
import {
  readCursor,
  readNumberCursor,
  writeCursor,
  writeNumberCursor,
} from '@holdfast/nest/http/cursor';
import {
  bodyOf,
  markReplay,
  readIdempotencyKey,
  readRequestKey,
} from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { hashDocument } from '@holdfast/core/json';
import { KeyedRequests } from '../keyed-requests.js';
import { positionOf } from './proposal.js';
import { approves } from './proposal.workflow.js';
import type { ProposalWithVersion } from './proposal.repository.js';
import * as descriptions from './proposals.openapi.js';
import { ProposalsService } from './proposals.service.js';
import * as requests from './proposals.requests.js';
import * as responses from './proposals.responses.js';

@StoreRoutes({
  name: 'proposals',
  description: 'Advisory proposals: their versions, approvals and what happened to them.',
})
@Controller('rebalance/proposals')
export class ProposalsController {
  constructor(
    private readonly proposals: ProposalsService,
    private readonly keyed: KeyedRequests,
  ) {}

  @Post()
  @RequiresScope('proposals:write')
  @NamesActor('created_by')
  @Operation(descriptions.create)
  async create(
    @Body({ schema: requests.CreateProposal }) body: z.output<typeof requests.CreateProposal>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = readIdempotencyKey(header, caller);
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
    if (replayed) markReplay(reply);
    else void reply.header('location', `/rebalance/proposals/${proposal.proposalId}`);
    return responses.proposalBody(proposal, version);
  }

  @Get()
  @RequiresScope('proposals:read')
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListProposals }) query: z.output<typeof requests.ListProposals>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const filter = {
      ...(query.portfolio_id !== undefined && { portfolioId: query.portfolio_id }),
      ...(query.state !== undefined && { state: query.state }),
      ...(query.created_by !== undefined && { createdBy: query.created_by }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.proposals.list(filter, query.limit, after);
    return {
      items: items.map(responses.summaryBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }

  @Get(':proposal_id')
  @RequiresScope('proposals:read')
  @Operation(descriptions.get)
  async get(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
  ) {
    const { proposal, version } = await this.proposals.get(path.proposal_id);
    return responses.proposalBody(proposal, version);
  }

  @Post(':proposal_id/versions')
  @RequiresScope('proposals:write')
  @NamesActor('created_by')
  @Operation(descriptions.addVersion)
  async addVersion(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
    @Body({ schema: requests.AddVersion }) body: z.output<typeof requests.AddVersion>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { proposal_id: id } = path;
    const { document, ...fields } = body;
    const documentHash = await hashDocument(document);
    const key = await readRequestKey(
      header,
      {
        post: 'proposals/versions',
        id,
        ...fields,
        documentHash,
      },
      caller,
    );
    const request = {
      createdBy: fields.created_by,
      content: { document, documentHash },
      expectedVersionNo: fields.expected_version_no,
    };
    const answered = await this.keyed.answer(key, {
      write: (keep) => this.proposals.addVersion(id, request, keep),
      bodyOf: ({ proposal, version }: ProposalWithVersion) =>
        responses.proposalBody(proposal, version),
    });
    return bodyOf(answered, reply);
  }

  @Get(':proposal_id/versions/:version_no')
  @RequiresScope('proposals:read')
  @Operation(descriptions.version)
  async version(
    @Param({ schema: requests.VersionPath }) path: z.output<typeof requests.VersionPath>,
  ) {
    return responses.versionBody(await this.proposals.version(path.proposal_id, path.version_no));
  }

  @Post(':proposal_id/transitions')
  @RequiresScope('proposals:write')
  @NamesActor('actor_id')
  @HttpCode(200)
  @Operation(descriptions.transition)
  async transition(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
    @Body({ schema: requests.Transition }) body: z.output<typeof requests.Transition>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { proposal_id: id } = path;
    if (approves(body.expected_state, body.to_state)) requireScope(caller, 'proposals:approve');
    const request = {
      toState: body.to_state,
      expectedState: body.expected_state,
      actorId: body.actor_id,
      reason: body.reason ?? null,
    };
    const key = await readRequestKey(
      header,
      { post: 'proposals/transitions', id, ...request },
      caller,
    );
    const move = { ...request, isProven: caller !== null };
    const answered = await this.keyed.answer(key, {
      write: (keep) => this.proposals.transition(id, move, keep),
      bodyOf: responses.transitionBody,
    });
    return bodyOf(answered, reply);
  }

  @Post(':proposal_id/approvals')
  @RequiresScope('proposals:approve')
  @NamesActor('actor_id')
  @Operation(descriptions.recordApproval)
  async recordApproval(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
    @Body({ schema: requests.RecordApproval }) body: z.output<typeof requests.RecordApproval>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { proposal_id: id } = path;
    const request = {
      approvalType: body.approval_type,
      approved: body.approved,
      expectedState: body.expected_state,
      actorId: body.actor_id,
      comment: body.comment ?? null,
    };
    const key = await readRequestKey(
      header,
      { post: 'proposals/approvals', id, ...request },
      caller,
    );
    const decision = { ...request, isProven: caller !== null };
    const answered = await this.keyed.answer(key, {
      write: (keep) => this.proposals.recordApproval(id, decision, keep),
      bodyOf: responses.recordedApprovalBody,
    });
    return bodyOf(answered, reply);
  }

  @Get(':proposal_id/approvals')
  @RequiresScope('proposals:read')
  @Operation(descriptions.approvals)
  async approvals(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
    @Query({ schema: requests.ListParts }) query: z.output<typeof requests.ListParts>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const { proposal_id } = path;
    const after = query.cursor === undefined ? undefined : readNumberCursor(query.cursor, caller);
    const { items, next } = await this.proposals.approvals(proposal_id, query.limit, after);
    return {
      proposal_id,
      items: items.map(responses.approvalBody),
      next_cursor: next && writeNumberCursor(next.sequenceNo, caller),
    };
  }

  @Get(':proposal_id/events')
  @RequiresScope('proposals:read')
  @Operation(descriptions.events)
  async events(
    @Param({ schema: requests.ProposalPath }) path: z.output<typeof requests.ProposalPath>,
    @Query({ schema: requests.ListParts }) query: z.output<typeof requests.ListParts>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const { proposal_id } = path;
    const after = query.cursor === undefined ? undefined : readNumberCursor(query.cursor, caller);
    const { items, next } = await this.proposals.events(proposal_id, query.limit, after);
    return {
      proposal_id,
      items: items.map(responses.eventBody),
      next_cursor: next && writeNumberCursor(next.sequenceNo, caller),
    };
  }
}
