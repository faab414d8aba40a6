import { Controller, Get, Header, Inject, Param, Res } from '@nestjs/common';
import type { z } from 'zod';
import { RELEASE, type Release } from '@holdfast/core/release';
import { Public } from '@holdfast/nest/auth/access';
import type { HttpReply } from '@holdfast/nest/http/http-reply';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { JobRepository } from '../jobs/job.repository.js';
import { ReasonError } from '../media.reasons.js';
import { mediaTags } from '../media.tags.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { SlotPath } from '../slots/slots.requests.js';
import * as descriptions from './pages.openapi.js';

/** As many as a page loads without becoming slow on a telephone. */
const SHOWN = 30;

/** The last results of a slot that were sent in, for everybody who knows it. */
@StoreRoutes(mediaTags.pages)
@Controller('public/slots')
@Public()
export class GalleryController {
  constructor(
    private readonly slots: SlotRepository,
    private readonly jobs: JobRepository,
    @Inject(RELEASE) private readonly release: Release,
  ) {}

  @Get(':slot_id')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  @Operation(descriptions.gallery)
  async gallery(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<string> {
    const slot = await this.slots.find(slotId);
    if (!slot?.isActive) throw new ReasonError('SLOT_NOT_FOUND');
    const results = await this.jobs.latestResults(slotId, new Date().toISOString(), SHOWN);
    const { MEDIA_PAGE_POLICY, pageOf } = await import('./layout.js');
    const { galleryPage } = await import('./gallery-page.js');
    reply.header('content-security-policy', MEDIA_PAGE_POLICY);
    return pageOf({ service: this.release.name }, galleryPage(slot, results));
  }
}
