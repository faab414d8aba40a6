import { Inject, Injectable } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import { MediaFiles } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import { TemplateRepository } from './template.repository.js';

@Injectable()
export class TemplatesService {
  constructor(
    private readonly templates: TemplateRepository,
    private readonly files: MediaFiles,
    @Inject(LOG) private readonly log: Log,
  ) {}

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
