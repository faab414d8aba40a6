import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { readCursor, writeCursor } from '@holdfast/nest/http/cursor';
import { bodyOf, readRequestKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { KeyedRequests } from '../../keyed-requests.js';
import { type Ending, positionOf } from './operation.js';
import * as descriptions from './operations.openapi.js';
import * as requests from './operations.requests.js';
import * as responses from './operations.responses.js';
import { OperationsService } from './operations.service.js';

@StoreRoutes(dpmTags.operations)
@Controller('rebalance/operations')
export class OperationsController {
  constructor(
    private readonly operations: OperationsService,
    private readonly keyed: KeyedRequests,
  ) {}

  @Post()
  @RequiresScope('runs:write')
  @Operation(descriptions.create)
  async create(
    @Body({ schema: requests.CreateOperation }) body: z.output<typeof requests.CreateOperation>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = {
      operationType: body.operation_type,
      correlationId: body.correlation_id ?? null,
      rebalanceRunId: body.rebalance_run_id ?? null,
    };
    const answered = await this.keyed.answer(
      await readRequestKey(header, { post: 'operations', ...request }, caller),
      {
        write: (keep) => this.operations.create(request, keep),
        bodyOf: responses.operationBody,
      },
    );
    if (!answered.replayed) {
      const { operationId } = answered.result;
      void reply.header('location', `/rebalance/operations/${operationId}`);
    }
    return bodyOf(answered, reply);
  }

  @Get()
  @RequiresScope('runs:read')
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListOperations }) query: z.output<typeof requests.ListOperations>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const filter = {
      ...(query.operation_type !== undefined && { operationType: query.operation_type }),
      ...(query.status !== undefined && { status: query.status }),
      ...(query.rebalance_run_id !== undefined && { rebalanceRunId: query.rebalance_run_id }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.operations.list(filter, query.limit, after);
    return {
      items: items.map(responses.summaryBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }

  @Get(['by/correlation/:correlation_id', ...descriptions.getByCorrelationId.formerPaths])
  @RequiresScope('runs:read')
  @Operation(descriptions.getByCorrelationId)
  async getByCorrelationId(
    @Param({ schema: requests.CorrelationPath }) path: z.output<typeof requests.CorrelationPath>,
  ) {
    return responses.operationBody(await this.operations.getByCorrelationId(path.correlation_id));
  }

  @Get(':operation_id')
  @RequiresScope('runs:read')
  @Operation(descriptions.get)
  async get(
    @Param({ schema: requests.OperationPath }) path: z.output<typeof requests.OperationPath>,
  ) {
    return responses.operationBody(await this.operations.get(path.operation_id));
  }

  @Post(':operation_id/start')
  @RequiresScope('runs:write')
  @HttpCode(200)
  @Operation(descriptions.start)
  async start(
    @Param({ schema: requests.OperationPath }) path: z.output<typeof requests.OperationPath>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { operation_id: id } = path;
    const answered = await this.keyed.answer(
      await readRequestKey(header, { post: 'operations/start', id }, caller),
      {
        write: (keep) => this.operations.start(id, keep),
        bodyOf: responses.operationBody,
      },
    );
    return bodyOf(answered, reply);
  }

  @Post(':operation_id/finish')
  @RequiresScope('runs:write')
  @HttpCode(200)
  @Operation(descriptions.finish)
  async finish(
    @Param({ schema: requests.OperationPath }) path: z.output<typeof requests.OperationPath>,
    @Body({ schema: requests.FinishOperation }) body: z.output<typeof requests.FinishOperation>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { operation_id: id } = path;
    const { error, result = null } = body;
    const ending: Ending = error ? { error } : { result };
    const answered = await this.keyed.answer(
      await readRequestKey(header, { post: 'operations/finish', id, ...ending }, caller),
      {
        write: (keep) => this.operations.finish(id, ending, keep),
        bodyOf: responses.operationBody,
      },
    );
    return bodyOf(answered, reply);
  }
}
