import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { NamesActor } from '@holdfast/nest/auth/actor';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import {
  readCursor,
  readNumberCursor,
  writeCursor,
  writeNumberCursor,
} from '@holdfast/nest/http/cursor';
import { bodyOf, readRequestKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { KeyedRequests } from '../../keyed-requests.js';
import { RunPath } from '../runs/runs.requests.js';
import { positionOf } from './decision.js';
import * as descriptions from './decisions.openapi.js';
import * as requests from './decisions.requests.js';
import * as responses from './decisions.responses.js';
import { DecisionsService } from './decisions.service.js';

@StoreRoutes(dpmTags.runs)
@Controller('rebalance')
export class DecisionsController {
  constructor(
    private readonly decisions: DecisionsService,
    private readonly keyed: KeyedRequests,
  ) {}

  @Post('runs/:rebalance_run_id/workflow/decisions')
  @RequiresScope('runs:write')
  @NamesActor('actor_id')
  @Operation(descriptions.decide)
  async decide(
    @Param({ schema: RunPath }) path: z.output<typeof RunPath>,
    @Body({ schema: requests.Decide }) body: z.output<typeof requests.Decide>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { rebalance_run_id: id } = path;
    const request = {
      action: body.action,
      reasonCode: body.reason_code,
      comment: body.comment ?? null,
      actorId: body.actor_id,
      ...(body.expected_status !== undefined && { expectedStatus: body.expected_status }),
    };
    const key = await readRequestKey(
      header,
      { post: 'runs/workflow/decisions', id, ...request },
      caller,
    );
    const answered = await this.keyed.answer(key, {
      write: (keep) => this.decisions.decide(id, request, keep),
      bodyOf: responses.decidedBody,
    });
    return bodyOf(answered, reply);
  }

  @Get('runs/:rebalance_run_id/workflow')
  @RequiresScope('runs:read')
  @Operation(descriptions.workflow)
  async workflow(@Param({ schema: RunPath }) path: z.output<typeof RunPath>) {
    const { rebalance_run_id: id } = path;
    const review = await this.decisions.reviewOf(id);
    return responses.workflowBody(id, review, await this.decisions.lastOf(id, review));
  }

  @Get('runs/:rebalance_run_id/workflow/decisions')
  @RequiresScope('runs:read')
  @Operation(descriptions.ofRun)
  async ofRun(
    @Param({ schema: RunPath }) path: z.output<typeof RunPath>,
    @Query({ schema: requests.ListOfRun }) query: z.output<typeof requests.ListOfRun>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const { rebalance_run_id } = path;
    const after = query.cursor === undefined ? undefined : readNumberCursor(query.cursor, caller);
    const { items, next } = await this.decisions.ofRun(rebalance_run_id, query.limit, after);
    return {
      rebalance_run_id,
      items: items.map(responses.decisionBody),
      next_cursor: next && writeNumberCursor(next.sequenceNo, caller),
    };
  }

  @Get('workflow/decisions')
  @RequiresScope('runs:read')
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListDecisions }) query: z.output<typeof requests.ListDecisions>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const filter = {
      ...(query.rebalance_run_id !== undefined && { rebalanceRunId: query.rebalance_run_id }),
      ...(query.action !== undefined && { action: query.action }),
      ...(query.actor_id !== undefined && { actorId: query.actor_id }),
      ...(query.reason_code !== undefined && { reasonCode: query.reason_code }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.decisions.list(filter, query.limit, after);
    return {
      items: items.map(responses.decisionBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }
}
