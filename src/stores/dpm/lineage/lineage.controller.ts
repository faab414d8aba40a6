import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { readCursor, writeCursor } from '@holdfast/nest/http/cursor';
import { bodyOf, readRequestKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { KeyedRequests } from '../../keyed-requests.js';
import { positionOf } from './edge.js';
import * as descriptions from './lineage.openapi.js';
import * as requests from './lineage.requests.js';
import * as responses from './lineage.responses.js';
import { type Appended, LineageService } from './lineage.service.js';

@StoreRoutes(dpmTags.lineage)
@Controller('rebalance/lineage')
export class LineageController {
  constructor(
    private readonly lineage: LineageService,
    private readonly keyed: KeyedRequests,
  ) {}

  @Post('edges')
  @RequiresScope('runs:write')
  @Operation(descriptions.append)
  async append(
    @Body({ schema: requests.AppendEdge }) body: z.output<typeof requests.AppendEdge>,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = {
      source: body.source,
      edgeType: body.edge_type,
      target: body.target,
      metadata: body.metadata === undefined ? {} : body.metadata,
    };
    const key = await readRequestKey(header, { post: 'lineage/edges', ...request }, caller);
    const answered = await this.keyed.answer(key, {
      write: (keep) => this.lineage.append(request, keep),
      bodyOf: ({ edge }: Appended) => responses.edgeBody(edge),
      wrote: ({ appended }) => appended,
    });
    if (!answered.replayed) void reply.status(answered.result.appended ? 201 : 200);
    return bodyOf(answered, reply);
  }

  @Get(':entity_id')
  @RequiresScope('runs:read')
  @Operation(descriptions.edges)
  async edges(
    @Param({ schema: requests.EntityPath }) path: z.output<typeof requests.EntityPath>,
    @Query({ schema: requests.ListEdges }) query: z.output<typeof requests.ListEdges>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const { direction, limit } = query;
    const { entity_id } = path;
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, truncated } = await this.lineage.edgesOf(entity_id, direction, limit, after);
    const last = truncated ? items.at(-1) : undefined;
    return {
      entity_id,
      direction,
      items: items.map(responses.edgeBody),
      truncated,
      next_cursor: last ? writeCursor(positionOf(last), caller) : null,
    };
  }

  @Get(':entity_id/walk')
  @RequiresScope('runs:read')
  @Operation(descriptions.walk)
  async walk(
    @Param({ schema: requests.EntityPath }) path: z.output<typeof requests.EntityPath>,
    @Query({ schema: requests.WalkEdges }) query: z.output<typeof requests.WalkEdges>,
  ) {
    const { direction, max_depth, limit } = query;
    const walk = await this.lineage.walk(path.entity_id, direction, max_depth, limit);
    return {
      entity_id: path.entity_id,
      direction,
      max_depth,
      items: walk.items.map(responses.walkedBody),
      truncated: walk.truncated,
    };
  }
}
