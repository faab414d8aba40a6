import { Body, Controller, Get, Headers, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { bodyOf, readRequestKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { KeyedRequests } from '../../keyed-requests.js';
import { mediaTags } from '../media.tags.js';
import { writtenBy } from '../settings/setting-keys.js';
import { StatsReset } from '../stats/stats-reset.js';
import { statsSinceBody } from '../stats/stats.responses.js';
import * as descriptions from './slots.openapi.js';
import * as requests from './slots.requests.js';
import * as responses from './slots.responses.js';
import { SlotsService, type SlotUpdate } from './slots.service.js';

type Path = z.output<typeof requests.SlotPath>;
type PutBody = z.output<typeof requests.PutSlot>;

@StoreRoutes(mediaTags.slots)
@Controller('api/slots')
export class SlotsController {
  constructor(
    private readonly slots: SlotsService,
    private readonly statsReset: StatsReset,
    private readonly keyed: KeyedRequests,
  ) {}

  @Get()
  @RequiresScope('media:read')
  @Operation(descriptions.list)
  async list() {
    return { items: (await this.slots.list()).map(responses.slotSummaryBody) };
  }

  @Get(':slot_id')
  @RequiresScope('media:read')
  @Operation(descriptions.get)
  async get(@Param({ schema: requests.SlotPath }) path: Path) {
    return responses.slotBody(await this.slots.get(path.slot_id));
  }

  @Put(':slot_id')
  @RequiresScope('media:admin')
  @Operation(descriptions.put)
  async put(
    @Param({ schema: requests.SlotPath }) path: Path,
    @Body({ schema: requests.PutSlot }) body: PutBody,
    @CurrentCaller() caller: Caller | null,
  ) {
    const update = updateOf(body);
    const written = writtenBy(caller);
    return responses.slotBody(await this.slots.update(path.slot_id, update, body.version, written));
  }

  @Post(':slot_id/reset_stats')
  @RequiresScope('media:admin')
  @HttpCode(200)
  @Operation(descriptions.resetStats)
  async resetStats(
    @Param({ schema: requests.SlotPath }) { slot_id: slotId }: Path,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answered = await this.keyed.answer(
      await readRequestKey(header, { post: 'reset_stats', slotId }, caller),
      {
        write: (keep) => this.statsReset.reset(slotId, writtenBy(caller), keep),
        bodyOf: statsSinceBody,
      },
    );
    return bodyOf(answered, reply);
  }
}

function updateOf(body: PutBody): SlotUpdate {
  const { display_name, provider, operation, settings_json, size_limit_mb, is_active } = body;
  return {
    ...(display_name !== undefined && { displayName: display_name }),
    ...(provider !== undefined && { provider }),
    ...(operation !== undefined && { operation }),
    ...(settings_json !== undefined && { settingsJson: settings_json }),
    ...(size_limit_mb !== undefined && { sizeLimitMb: size_limit_mb }),
    ...(is_active !== undefined && { isActive: is_active }),
  };
}
