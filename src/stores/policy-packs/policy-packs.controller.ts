import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Put,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { readCursor, writeCursor } from '@holdfast/nest/http/cursor';
import { readIfMatch, readIfNoneMatch, writeEntityTag } from '@holdfast/nest/http/entity-tag';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { positionOf } from './policy-pack.js';
import { Needs, PolicyPacksGuard } from './policy-packs.guard.js';
import * as descriptions from './policy-packs.openapi.js';
import * as requests from './policy-packs.requests.js';
import * as responses from './policy-packs.responses.js';
import { PolicyPacksService } from './policy-packs.service.js';

/** What is read of the catalogue may be kept, but is asked for again before it is used. */
const REVALIDATED = 'no-cache';

@StoreRoutes({
  name: 'policies',
  description: 'Policy packs: the catalogue, and what applies to a portfolio.',
})
@Controller('rebalance/policies')
@UseGuards(PolicyPacksGuard)
export class PolicyPacksController {
  constructor(private readonly packs: PolicyPacksService) {}

  @Get('catalog')
  @RequiresScope('policies:read')
  @Operation(descriptions.list)
  async list(
    @Query({ schema: requests.ListPolicyPacks }) query: z.output<typeof requests.ListPolicyPacks>,
    @CurrentCaller() caller: Caller | null,
  ) {
    const filter = {
      ...(query.applies_to !== undefined && { appliesTo: query.applies_to }),
      ...(query.target_id !== undefined && { targetId: query.target_id }),
      ...(query.created_from !== undefined && { createdFrom: query.created_from }),
      ...(query.created_to !== undefined && { createdTo: query.created_to }),
    };
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, caller);
    const { items, next } = await this.packs.list(filter, query.limit, after);
    return {
      items: items.map(responses.packBody),
      next_cursor: next && writeCursor(positionOf(next), caller),
    };
  }

  @Get('catalog/:policy_pack_id')
  @RequiresScope('policies:read')
  @Operation(descriptions.get)
  async get(
    @Param({ schema: requests.PolicyPackPath }) path: z.output<typeof requests.PolicyPackPath>,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const isKnown = readIfNoneMatch(ifNoneMatch);
    const pack = await this.packs.get(path.policy_pack_id);
    void reply.header('etag', writeEntityTag(pack.entityTag)).header('cache-control', REVALIDATED);
    if (!isKnown?.(pack.entityTag)) return responses.packBody(pack);
    void reply.status(304);
    return undefined;
  }

  @Put('catalog/:policy_pack_id')
  @RequiresScope('policies:admin')
  @Needs('DPM_POLICY_PACK_ADMIN_APIS_ENABLED')
  @Operation(descriptions.put)
  async put(
    @Param({ schema: requests.PolicyPackPath }) path: z.output<typeof requests.PolicyPackPath>,
    @Body({ schema: requests.PutPolicyPack }) body: z.output<typeof requests.PutPolicyPack>,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { pack, created } = await this.packs.put(
      path.policy_pack_id,
      {
        appliesTo: body.applies_to,
        targetId: body.target_id ?? null,
        version: body.version,
        definition: body.definition,
      },
      { ifMatch: readIfMatch(ifMatch), ifNoneMatch: readIfNoneMatch(ifNoneMatch) },
    );
    void reply.header('etag', writeEntityTag(pack.entityTag));
    if (created) {
      const location = `/rebalance/policies/catalog/${encodeURIComponent(pack.policyPackId)}`;
      void reply.status(201).header('location', location);
    }
    return responses.packBody(pack);
  }

  @Delete('catalog/:policy_pack_id')
  @RequiresScope('policies:admin')
  @HttpCode(204)
  @Needs('DPM_POLICY_PACK_ADMIN_APIS_ENABLED')
  @Operation(descriptions.remove)
  async remove(
    @Param({ schema: requests.PolicyPackPath }) path: z.output<typeof requests.PolicyPackPath>,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
  ) {
    await this.packs.remove(path.policy_pack_id, {
      ifMatch: readIfMatch(ifMatch),
      ifNoneMatch: readIfNoneMatch(ifNoneMatch),
    });
  }

  @Get('effective')
  @RequiresScope('policies:read')
  @Needs('DPM_POLICY_PACKS_ENABLED')
  @Operation(descriptions.effective)
  async effective(
    @Query({ schema: requests.EffectiveQuery }) query: z.output<typeof requests.EffectiveQuery>,
  ) {
    const { portfolio_id, tenant_id = null } = query;
    return responses.effectiveBody(
      portfolio_id,
      tenant_id,
      await this.packs.effective(portfolio_id, tenant_id),
    );
  }
}
