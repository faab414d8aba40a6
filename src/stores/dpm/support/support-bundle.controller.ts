import { Controller, Get, Param } from '@nestjs/common';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { RunPath } from '../runs/runs.requests.js';
import { supportBundle } from './support.openapi.js';
import { supportBundleBody } from './support-bundle.responses.js';
import { SupportBundleService } from './support-bundle.service.js';

@StoreRoutes(dpmTags.runs)
@Controller('rebalance/runs')
export class SupportBundleController {
  constructor(private readonly bundles: SupportBundleService) {}

  @Get(':rebalance_run_id/support-bundle')
  @RequiresScope('runs:read')
  @Operation(supportBundle)
  async bundle(@Param({ schema: RunPath }) path: z.output<typeof RunPath>) {
    return supportBundleBody(await this.bundles.bundle(path.rebalance_run_id));
  }
}
