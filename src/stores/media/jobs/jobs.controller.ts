import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { z } from 'zod';
import type { Settings } from '@holdfast/guard/settings';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { ReasonError } from '../media.reasons.js';
import { mediaTags } from '../media.tags.js';
import { publicBaseUrl } from '../public-base-url.js';
import { JobRepository } from './job.repository.js';
import * as descriptions from './jobs.openapi.js';
import * as requests from './jobs.requests.js';
import { jobBody } from './jobs.responses.js';

@StoreRoutes(mediaTags.jobs)
@Controller('api/jobs')
export class JobsController {
  readonly #baseUrl: string;

  constructor(
    private readonly jobs: JobRepository,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#baseUrl = publicBaseUrl(settings);
  }

  @Get(':job_id')
  @RequiresScope('media:read')
  @Operation(descriptions.get)
  async get(@Param({ schema: requests.JobPath }) path: z.output<typeof requests.JobPath>) {
    const job = await this.jobs.find(path.job_id);
    if (!job) throw new ReasonError('JOB_NOT_FOUND');
    return jobBody(job, this.#baseUrl, new Date().toISOString());
  }
}
