import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { mediaTags } from '../media.tags.js';
import * as descriptions from './stats.openapi.js';
import * as requests from './stats.requests.js';
import * as responses from './stats.responses.js';
import { StatsService } from './stats.service.js';

type StatsQuery = z.output<typeof requests.StatsQuery>;

@StoreRoutes(mediaTags.stats)
@Controller('api/stats')
@RequiresScope('media:read')
export class StatsController {
  constructor(private readonly stats: StatsService) {}

  @Get('overview')
  @Operation(descriptions.overview)
  async overview(@Query({ schema: requests.StatsQuery }) query: StatsQuery) {
    const { window_minutes: minutes } = query;
    return responses.overviewBody(minutes, await this.stats.overview(minutes));
  }

  @Get('slots')
  @Operation(descriptions.slots)
  async slots(@Query({ schema: requests.StatsQuery }) query: StatsQuery) {
    const { window_minutes: minutes } = query;
    const { since, slots, failures } = await this.stats.bySlot(minutes);
    return {
      window_minutes: minutes,
      since,
      slots: slots.map(responses.slotStatsBody),
      failures: failures.map(responses.failureBody),
    };
  }
}
