import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { LOG, type Log } from '@holdfast/core/log';
import { Public } from '@holdfast/nest/auth/access';
import { Connections } from '@holdfast/nest/http/connections';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { MediaFiles } from '../files/media-files.js';
import { RowFiles } from '../files/row-files.js';
import { ReasonError } from '../media.reasons.js';
import type { MediaObject } from '../objects/media-object.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import { KnownRows } from './known-rows.js';
import * as descriptions from './results.openapi.js';
import { JobPath, ProviderFilePath } from './results.requests.js';
import { sendFile } from './send-file.js';
import '../media.log-fields.js';
import { mediaTags } from '../media.tags.js';

/** Files that everybody may have who knows their names, for as long as they last. */
@StoreRoutes(mediaTags.results)
@Controller('public')
@Public()
export class ResultsController {
  readonly #results: KnownRows<MediaObject>;
  readonly #place: { readonly files: RowFiles; readonly connections: Connections };
  readonly #provided: KnownRows<MediaObject>;

  constructor(
    objects: MediaObjectRepository,
    files: MediaFiles,
    connections: Connections,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.#place = { files: new RowFiles(files, log), connections };
    this.#results = new KnownRows((jobId) => objects.resultOf(jobId));
    this.#provided = new KnownRows((id) => objects.find(id));
  }

  @Get('results/:job_id')
  @Operation(descriptions.result)
  async result(
    @Param({ schema: JobPath }) { job_id: jobId }: z.output<typeof JobPath>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const object = await this.#results.get(jobId);
    if (!object) throw new ReasonError('RESULT_NOT_FOUND');
    const leftMs = leftOf(object);
    if (leftMs <= 0) throw new ReasonError('RESULT_EXPIRED');
    const maxAgeSeconds = Math.floor(leftMs / 1000);
    if (await sendFile(this.#place, { object, name: jobId, maxAgeSeconds }, request, reply)) return;
    this.log.error({ event: 'media.result_lost', job_id: jobId, code: 'MEDIA_FILES_UNAVAILABLE' });
    throw new ReasonError('MEDIA_FILES_UNAVAILABLE', {
      detail: 'the file of the result is missing',
    });
  }

  @Get('provider/:name')
  @Operation(descriptions.providerFile)
  async providerFile(
    @Param({ schema: ProviderFilePath }) { name }: z.output<typeof ProviderFilePath>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const object = await this.#provided.get(name);
    const isThere = object?.scope === 'provider' && leftOf(object) > 0;
    const sent =
      isThere && (await sendFile(this.#place, { object, name, maxAgeSeconds: 0 }, request, reply));
    if (!sent) throw new ReasonError('RESULT_NOT_FOUND');
  }
}

/** Milliseconds; none of what has been removed. */
function leftOf({ cleanedAt, expiresAt }: MediaObject): number {
  if (cleanedAt !== null) return 0;
  return expiresAt === null ? Infinity : Date.parse(expiresAt) - Date.now();
}
