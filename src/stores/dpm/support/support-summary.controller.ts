import { Controller, Get } from '@nestjs/common';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import { supportSummary } from './support.openapi.js';
import { supportSummaryBody } from './support-summary.responses.js';
import { SupportSummaryService } from './support-summary.service.js';

@StoreRoutes(dpmTags.summary)
@Controller('rebalance/summary')
export class SupportSummaryController {
  constructor(private readonly summaries: SupportSummaryService) {}

  @Get()
  @RequiresScope('runs:read')
  @Operation(supportSummary)
  async summary() {
    return supportSummaryBody(await this.summaries.summary());
  }
}
