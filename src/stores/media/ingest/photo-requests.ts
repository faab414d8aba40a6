import { Inject, Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler/dist/ip.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { Connections } from '@holdfast/nest/http/connections';
import { multipartFaultOf, takeBody } from '@holdfast/nest/http/multipart-body';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { MediaFiles } from '../files/media-files.js';
import { RowFiles } from '../files/row-files.js';
import { ReasonError } from '../media.reasons.js';
import { mediaVariables } from '../media.variables.js';
import { CurrentMediaSettings } from '../settings/media-settings.js';
import { inDatabase } from './in-database.js';
import { IngestOutcomes } from './ingest-outcomes.js';
import { type IngestPlace, IngestPlaces } from './ingest-places.js';
import { IngestService } from './ingest.service.js';
import { MOST_SURROUNDING_BYTES } from './multipart.js';
import { MIB } from './passing-image.js';
import { type PhotoPlan, type PhotoResult, PhotoRun } from './photo-run.js';
import type { Slot } from '../slots/slot.js';
import { TimeLimit } from './time-limit.js';

const HOUR_MS = 3_600_000;

/** Answers requests with a photo by the image that comes of it. */
@Injectable()
export class PhotoRequests {
  readonly #files: RowFiles;
  readonly #places: IngestPlaces;
  readonly #hardLimitMb: number;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly current: CurrentMediaSettings,
    private readonly ingest: IngestService,
    private readonly outcomes: IngestOutcomes,
    files: MediaFiles,
    private readonly connections: Connections,
    @Inject(LOG) log: Log,
  ) {
    this.#files = new RowFiles(files, log);
    const { INGEST_PARALLEL, INGEST_HARD_LIMIT_MB } = valuesOf(settings, mediaVariables);
    this.#places = new IngestPlaces(INGEST_PARALLEL);
    this.#hardLimitMb = INGEST_HARD_LIMIT_MB;
  }

  /** Bytes of the largest photo that the slot takes. */
  mostBytes({ sizeLimitMb }: Slot): number {
    return Math.min(sizeLimitMb, this.#hardLimitMb) * MIB;
  }

  /**
   * @param planOf is asked once there is a place for the photo
   * @throws INGEST_BUSY, MEDIA_TYPE_UNSUPPORTED, PAYLOAD_TOO_LARGE, what `planOf` and `IngestService.run` throw
   */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    slotId: string,
    planOf: () => Promise<PhotoPlan>,
  ): Promise<void> {
    try {
      const place = this.#take(slotId, request.ip);
      try {
        const result = await this.#run(request, reply, await planOf(), place);
        await this.#send(reply, result);
      } finally {
        this.#places.leave(place);
      }
    } catch (error) {
      // What still comes of the body is no next request.
      if (!request.raw.complete) void reply.header('connection', 'close');
      throw error;
    }
  }

  #take(slotId: string, address: string): IngestPlace {
    try {
      return this.#places.take(normalizeIp(address));
    } catch (error) {
      this.outcomes.busy(slotId);
      throw error;
    }
  }

  async #run(
    request: FastifyRequest,
    reply: FastifyReply,
    given: PhotoPlan,
    place: IngestPlace,
  ): Promise<PhotoResult> {
    const plan = tellingAdmission(given, place);
    assertForm(request, plan.mostBytes);
    const { syncResponseSeconds, resultTtlHours } = await inDatabase(() => this.current.current());
    const elapsedMs = reply.elapsedTime;
    const startedAt = Date.now() - elapsedMs;
    const limit = new TimeLimit(
      performance.now() - elapsedMs + syncResponseSeconds * 1000,
      reply.raw,
    );
    const run = new PhotoRun(
      request.raw,
      plan,
      limit,
      startedAt,
      startedAt + syncResponseSeconds * 1000,
      startedAt + resultTtlHours * HOUR_MS,
    );
    endWhenLost(place, limit);
    takeBody(request.raw, reply, this.connections);
    try {
      const result = await this.ingest.run(run);
      void reply.header('x-job-id', result.jobId);
      if (run.isRepetition) void reply.header('idempotency-replayed', 'true');
      return result;
    } catch (error) {
      if (run.job) void reply.header('x-job-id', run.jobId);
      throw error;
    }
  }

  async #send(reply: FastifyReply, { object }: PhotoResult): Promise<void> {
    const content = await this.#files.open(object);
    if (!content) throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file is missing' });
    this.connections.expectLarge(reply.raw, object.bytes);
    void reply
      .header('content-type', object.contentType)
      .header('content-length', object.bytes)
      .header('cache-control', 'no-store')
      .send(content);
  }
}

/** A plan that tells the place when the sender has proved who it is. */
function tellingAdmission(plan: PhotoPlan, place: IngestPlace): PhotoPlan {
  return {
    ...plan,
    admit: async (fields, isWhole) => (place.isAdmitted = await plan.admit(fields, isWhole)),
  };
}

function endWhenLost({ lost }: IngestPlace, limit: TimeLimit): void {
  const giveUp = () => {
    limit.giveUp(lost.reason as ReasonError);
  };
  if (lost.aborted) giveUp();
  else lost.addEventListener('abort', giveUp);
}

/** What the head of a request says of its body. */
function assertForm({ headers }: FastifyRequest, mostBytes: number): void {
  const fault = multipartFaultOf(headers);
  if (fault) throw fault;
  if (Number(headers['content-length'] ?? 0) > mostBytes + MOST_SURROUNDING_BYTES)
    throw new ReasonError('PAYLOAD_TOO_LARGE');
}
