import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { readCursor, writeCursor } from '@holdfast/nest/http/cursor';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { positionOf } from './sample-thing.js';
import * as descriptions from './sample-things.openapi.js';
import * as requests from './sample-things.requests.js';
import * as responses from './sample-things.responses.js';
import { SampleThingsService } from './sample-things.service.js';

@StoreRoutes('sample-things')
@RequiresScope('sample-things:read')
@Controller('sample-things')
export class SampleThingsController {
  constructor(private readonly service: SampleThingsService) {}

  @Put(':sample_thing_id')
  @RequiresScope('sample-things:write')
  @Operation(descriptions.create)
  async create(
    @Param({ schema: requests.SampleThingPath }) path: z.output<typeof requests.SampleThingPath>,
    @Body({ schema: requests.CreateSampleThing }) body: z.output<typeof requests.CreateSampleThing>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { outcome, record } = await this.service.create(path.sample_thing_id, body.text);
    if (outcome === 'created') void reply.status(201);
    return responses.sampleThingBody(record);
  }

  @Get(':sample_thing_id')
  @Operation(descriptions.get)
  async get(
    @Param({ schema: requests.SampleThingPath }) path: z.output<typeof requests.SampleThingPath>,
  ) {
    return responses.sampleThingBody(await this.service.get(path.sample_thing_id));
  }

  @Get()
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListSampleThings }) query: z.output<typeof requests.ListSampleThings>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const range = {
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.service.list(range, query.limit, after);
    return {
      items: items.map(responses.sampleThingBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }
}
