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
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { readIdempotencyKey } from '@holdfast/nest/http/idempotency-key';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { platformOf } from '@holdfast/nest/http/platform';
import type { JsonFields } from '../json-fields.js';
import { ReasonError } from '../media.reasons.js';
import { OPERATIONS } from '../slots/slot.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { inDatabase } from './in-database.js';
import * as descriptions from './ingest.openapi.js';
import { SlotPath } from './ingest.requests.js';
import { PhotoRequests } from './photo-requests.js';
import type { FormFields, PhotoPlan } from './photo-run.js';
import { Treatments } from './treatments.js';
import { mediaTags } from '../media.tags.js';

/** Lets whoever sets a slot up see what comes of it, also while it is off. */
@StoreRoutes(mediaTags.photos)
@Controller('api/slots')
@RequiresScope('media:admin')
export class TestRunController implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly photos: PhotoRequests,
    private readonly slots: SlotRepository,
    private readonly treatments: Treatments,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host as Partial<HttpAdapterHost>;
    if (httpAdapter) platformOf(httpAdapter).acceptMultipart(['/api/slots/:slot_id/test-run']);
  }

  @Post(':slot_id/test-run')
  @HttpCode(200)
  @Operation(descriptions.testRun)
  run(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller | null,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const kept = key === undefined ? null : readIdempotencyKey(key, caller);
    return this.photos.answer(request, reply, slotId, () => this.#plan(slotId, kept));
  }

  async #plan(slotId: string, key: string | null): Promise<PhotoPlan> {
    const slot = await inDatabase(() => this.slots.find(slotId));
    if (!slot) throw new ReasonError('SLOT_NOT_FOUND');
    return {
      slot,
      source: 'ui_test',
      mostBytes: this.photos.mostBytes(slot),
      admit: () => Promise.resolve(true),
      provider: (fields) => this.treatments.knownProvider(fields.get('provider')) ?? slot.provider,
      treatment: (fields) => {
        const operation = fields.get('operation');
        if (operation !== undefined && !OPERATIONS.some((each) => each === operation))
          throw invalid('operation', `one of ${OPERATIONS.join(', ')}`);
        const provider = fields.get('provider');
        return this.treatments.ofTest(slot, { provider, operation, settings: settingsOf(fields) });
      },
      key,
    };
  }
}

function settingsOf(fields: FormFields): JsonFields | undefined {
  const text = fields.get('settings');
  if (text === undefined) return undefined;
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch {
    throw invalid('settings', 'not JSON');
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw invalid('settings', 'not a JSON object');
  return settings as JsonFields;
}

function invalid(path: string, message: string): ReasonError {
  return new ReasonError('VALIDATION_FAILED', { errors: [{ path, message }] });
}
