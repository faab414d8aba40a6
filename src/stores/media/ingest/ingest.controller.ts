import {
  Controller,
  Headers,
  HttpCode,
  type OnModuleInit,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '@holdfast/nest/auth/access';
import { readIdempotencyKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { platformOf } from '@holdfast/nest/http/platform';
import { ReasonError } from '../media.reasons.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { CurrentMediaSettings } from '../settings/media-settings.js';
import { inDatabase } from './in-database.js';
import * as descriptions from './ingest.openapi.js';
import { PhotoRequests } from './photo-requests.js';
import type { FormFields, PhotoPlan } from './photo-run.js';
import { Treatments } from './treatments.js';
import { SlotPath } from './ingest.requests.js';
import type { z } from 'zod';
import { mediaTags } from '../media.tags.js';

/** Takes photos in. Who sends one proves it by the password of the day, in the form: no token is asked for. */
@StoreRoutes(mediaTags.photos)
@Controller('api/ingest')
@Public()
export class IngestController implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly photos: PhotoRequests,
    private readonly slots: SlotRepository,
    private readonly treatments: Treatments,
    private readonly settings: CurrentMediaSettings,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host as Partial<HttpAdapterHost>;
    if (httpAdapter) platformOf(httpAdapter).acceptMultipart(['/api/ingest/:slot_id']);
  }

  @Post(':slot_id')
  @HttpCode(200)
  @Operation(descriptions.ingest)
  ingest(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.photos.answer(request, reply, slotId, () => this.#plan(slotId, key));
  }

  async #plan(slotId: string, key: string | undefined): Promise<PhotoPlan> {
    const slot = await inDatabase(() => this.slots.find(slotId));
    if (!slot?.isActive) throw new ReasonError('SLOT_NOT_FOUND');
    const treatment = this.treatments.ofSlot(slot);
    return {
      slot,
      source: 'ingest',
      mostBytes: this.photos.mostBytes(slot),
      admit: (fields, isWhole) => this.#admit(fields, isWhole),
      provider: () => slot.provider,
      treatment: () => treatment,
      key: key === undefined ? null : readIdempotencyKey(key, null),
    };
  }

  async #admit(fields: FormFields, isWhole: boolean): Promise<boolean> {
    const password = fields.get('password');
    if (password === undefined) {
      if (isWhole) throw new ReasonError('INGEST_PASSWORD_INVALID');
      return false;
    }
    if (await inDatabase(() => this.settings.isIngestPassword(password))) return true;
    throw new ReasonError('INGEST_PASSWORD_INVALID');
  }
}
