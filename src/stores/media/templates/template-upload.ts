import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Connections } from '@holdfast/nest/http/connections';
import { multipartFaultOf, takeBody } from '@holdfast/nest/http/multipart-body';
import { MediaFiles } from '../files/media-files.js';
import { newFilePath } from '../files/file-path.js';
import { FilesCondition } from '../health/files-condition.js';
import { readMultipart } from '../ingest/multipart.js';
import { type ImageFacts, PassingImage } from '../ingest/passing-image.js';
import { TimeLimit } from '../ingest/time-limit.js';
import { ReasonError } from '../media.reasons.js';
import type { StoredTemplate } from './template.repository.js';
import { MEDIA_KIND } from './templates.requests.js';
import { TemplatesService } from './templates.service.js';

/** What a provider takes inline, beside the photo. */
const MOST_BYTES = 20 * 2 ** 20;
/** For which a form may come in. */
const UPLOAD_MS = 60_000;

/** Reads the form of a template: its file is stored as it comes in, its rows last. */
@Injectable()
export class TemplateUpload {
  constructor(
    private readonly templates: TemplatesService,
    private readonly files: MediaFiles,
    private readonly connections: Connections,
    @Inject(FilesCondition) private readonly condition: FilesCondition,
  ) {}

  /**
   * @throws INVALID_REQUEST, SLOT_NOT_FOUND, TEMPLATE_LIMIT_REACHED, PAYLOAD_TOO_LARGE, MEDIA_TYPE_UNSUPPORTED,
   * MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, REQUEST_TIMEOUT; then no file of it is left
   */
  async receive(request: FastifyRequest, reply: FastifyReply): Promise<StoredTemplate> {
    const fault = multipartFaultOf(request.headers);
    if (fault) throw fault;
    await this.condition.assertOwn();
    const limit = new TimeLimit(
      performance.now() + UPLOAD_MS,
      reply.raw,
      () => new ReasonError('REQUEST_TIMEOUT'),
    );
    const path = newFilePath('template');
    takeBody(request.raw, reply, this.connections);
    try {
      const { fields, facts } = await this.#read(request, path, limit.signal);
      const { slotId, mediaKind } = namesIn(fields);
      await this.condition.assertStillOwn();
      return await this.templates.add({ slotId, mediaKind, path, facts });
    } catch (error) {
      this.condition.doubt(error);
      // What still comes of the body is no next request.
      if (!request.raw.complete) void reply.header('connection', 'close');
      // Where it is not, there is nothing to remove; what cannot be removed is found as a file without a row.
      await this.files.remove(path).catch(() => undefined);
      throw error;
    } finally {
      limit.end();
    }
  }

  async #read(request: FastifyRequest, path: string, signal: AbortSignal) {
    const fields = new Map<string, string>();
    let facts: ImageFacts | undefined;
    const reader = {
      field: (name: string, value: string) => {
        if (!READ.has(name)) return;
        if (fields.has(name)) throw invalid(`the field ${name} comes twice`);
        fields.set(name, value);
      },
      photo: async (content: AsyncIterable<Uint8Array>) => {
        const slotId = fields.get('slot_id');
        if (slotId !== undefined) await this.templates.assertRoom(slotId);
        const passing = new PassingImage(MOST_BYTES, () => new ReasonError('PAYLOAD_TOO_LARGE'));
        await this.files.store(path, passing.pass(content), { signal, durable: true });
        facts = passing.facts();
      },
    };
    await readMultipart(request.raw, reader, signal);
    if (!facts) throw invalid('there is no field file');
    return { fields, facts };
  }
}

/** Other fields are passed over, however often they come. */
const READ: ReadonlySet<string> = new Set(['slot_id', 'media_kind']);

function namesIn(fields: ReadonlyMap<string, string>) {
  const slotId = fields.get('slot_id');
  const mediaKind = fields.get('media_kind');
  if (slotId === undefined) throw invalid('there is no field slot_id');
  if (mediaKind === undefined || !MEDIA_KIND.test(mediaKind))
    throw invalid('media_kind is a word of small letters, digits and underscores');
  return { slotId, mediaKind };
}

function invalid(detail: string): ReasonError {
  return new ReasonError('INVALID_REQUEST', { detail });
}
