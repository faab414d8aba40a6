import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import { MediaFiles } from '../files/media-files.js';
import type { ImageFacts } from '../ingest/passing-image.js';
import { ReasonError } from '../media.reasons.js';
import type { MediaObject } from '../objects/media-object.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { type StoredTemplate, type Template, TemplateRepository } from './template.repository.js';

/** Of one slot: each is sent to the provider with every photo. */
const MOST_TEMPLATES = 16;

/** A template whose file is there already. */
export interface NewTemplate {
  readonly slotId: string;
  readonly mediaKind: string;
  readonly path: string;
  readonly facts: ImageFacts;
}

@Injectable()
export class TemplatesService {
  constructor(
    private readonly templates: TemplateRepository,
    private readonly slots: SlotRepository,
    private readonly files: MediaFiles,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws SLOT_NOT_FOUND, TEMPLATE_LIMIT_REACHED */
  async assertRoom(slotId: string): Promise<void> {
    if (!(await this.slots.find(slotId))) throw new ReasonError('SLOT_NOT_FOUND');
    if ((await this.templates.ofSlot(slotId)).length >= MOST_TEMPLATES)
      throw new ReasonError('TEMPLATE_LIMIT_REACHED');
  }

  /** Gives a file that is stored its rows. @throws what `assertRoom` does */
  async add({ slotId, mediaKind, path, facts }: NewTemplate): Promise<StoredTemplate> {
    await this.assertRoom(slotId);
    const now = new Date().toISOString();
    const object: MediaObject = {
      id: randomUUID(),
      jobId: null,
      slotId,
      scope: 'template',
      path,
      ...facts,
      expiresAt: null,
      cleanedAt: null,
    };
    const template: Template = {
      id: randomUUID(),
      slotId,
      mediaKind,
      mediaObjectId: object.id,
      createdAt: now,
      updatedAt: now,
    };
    await this.templates.add({ template, object });
    return { template, object };
  }

  /**
   * The template is gone for every photo from now on. A file that cannot be removed is left: no row names it any
   * more, and what looks for such files finds it.
   * @throws TEMPLATE_NOT_FOUND
   */
  async remove(id: string): Promise<void> {
    const removed = await this.templates.remove(id, new Date().toISOString());
    if (!removed) throw new ReasonError('TEMPLATE_NOT_FOUND');
    try {
      await this.files.remove(removed.object.path);
    } catch (error) {
      if (!(error instanceof ReasonError)) throw error;
      this.log.warn({ event: 'media.file_left', code: error.code });
    }
  }
}
