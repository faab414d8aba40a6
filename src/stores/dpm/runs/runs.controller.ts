import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import {
  readCursor,
  readNumberCursor,
  writeCursor,
  writeNumberCursor,
} from '@holdfast/nest/http/cursor';
import { keyOf, readIdempotencyKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { positionOf } from './run.js';
import * as descriptions from './runs.openapi.js';
import * as requests from './runs.requests.js';
import * as responses from './runs.responses.js';
import { RunsService } from './runs.service.js';

@StoreRoutes(dpmTags.runs)
@Controller('rebalance/runs')
export class RunsController {
  constructor(private readonly runs: RunsService) {}

  @Post()
  @RequiresScope('runs:write')
  @Operation(descriptions.record)
  async record(
    @Body({ schema: requests.RecordRun }) body: z.output<typeof requests.RecordRun>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { run, replayed } = await this.runs.record(
      {
        ...(body.rebalance_run_id != null && { rebalanceRunId: body.rebalance_run_id }),
        correlationId: body.correlation_id,
        requestHash: body.request_hash,
        portfolioId: body.portfolio_id,
        status: body.status,
        result: body.result,
      },
      header === undefined ? null : readIdempotencyKey(header, caller),
    );
    const location = `/rebalance/runs/${encodeURIComponent(run.rebalanceRunId)}`;
    void (replayed
      ? reply.status(200).header('idempotency-replayed', 'true')
      : reply.status(201).header('location', location));
    return responses.runBody(run);
  }

  @Get()
  @RequiresScope('runs:read')
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListRuns }) query: z.output<typeof requests.ListRuns>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const filter = {
      ...(query.status !== undefined && { status: query.status }),
      ...(query.portfolio_id !== undefined && { portfolioId: query.portfolio_id }),
      ...(query.request_hash !== undefined && { requestHash: query.request_hash }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.runs.list(filter, query.limit, after);
    return {
      items: items.map(responses.summaryBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }

  @Get(['by/correlation/:correlation_id', ...descriptions.byCorrelation.formerPaths])
  @RequiresScope('runs:read')
  @Operation(descriptions.byCorrelation)
  async byCorrelation(
    @Param({ schema: requests.CorrelationPath }) path: z.output<typeof requests.CorrelationPath>,
  ) {
    return responses.runBody(await this.runs.getByCorrelationId(path.correlation_id));
  }

  @Get(['by/request-hash/:request_hash', ...descriptions.byRequestHash.formerPaths])
  @RequiresScope('runs:read')
  @Operation(descriptions.byRequestHash)
  async byRequestHash(
    @Param({ schema: requests.RequestHashPath }) path: z.output<typeof requests.RequestHashPath>,
  ) {
    return responses.runBody(await this.runs.getByRequestHash(path.request_hash));
  }

  @Get(['by/idempotency-key/:idempotency_key', ...descriptions.byKey.formerPaths])
  @RequiresScope('runs:read')
  @Operation(descriptions.byKey)
  async byKey(
    @Param({ schema: requests.KeyPath }) path: z.output<typeof requests.KeyPath>,
    @CurrentCaller() caller: Caller | null,
  ) {
    return responses.runBody(await this.runs.getByKey(keyOf(path.idempotency_key, caller)));
  }

  @Get(['by/idempotency-key/:idempotency_key/history', ...descriptions.keyHistory.formerPaths])
  @RequiresScope('runs:read')
  @Operation(descriptions.keyHistory)
  async keyHistory(
    @Param({ schema: requests.KeyPath }) path: z.output<typeof requests.KeyPath>,
    @Query({ schema: requests.ListUses }) query: z.output<typeof requests.ListUses>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const { idempotency_key } = path;
    const after = query.cursor === undefined ? undefined : readNumberCursor(query.cursor, caller);
    const { items, next } = await this.runs.keyHistory(
      keyOf(idempotency_key, caller),
      query.limit,
      after,
    );
    return {
      idempotency_key,
      items: items.map(responses.keyUseBody),
      next_cursor: next && writeNumberCursor(next.sequenceNo, caller),
    };
  }

  @Get(':rebalance_run_id')
  @RequiresScope('runs:read')
  @Operation(descriptions.get)
  async get(@Param({ schema: requests.RunPath }) path: z.output<typeof requests.RunPath>) {
    return responses.runBody(await this.runs.get(path.rebalance_run_id));
  }

  @Get(':rebalance_run_id/artifact')
  @RequiresScope('runs:read')
  @Operation(descriptions.artifact)
  async artifact(@Param({ schema: requests.RunPath }) path: z.output<typeof requests.RunPath>) {
    return this.runs.artifact(path.rebalance_run_id);
  }
}
