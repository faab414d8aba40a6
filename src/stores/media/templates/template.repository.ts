import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { MediaObject } from '../objects/media-object.js';
import type { TemplateEntity } from './template.entity.js';

/** An image that a slot's driver gets beside the photo. */
export type Template = RecordOf<typeof TemplateEntity>;

/** A template and where its file is. */
export interface StoredTemplate {
  readonly template: Template;
  readonly object: MediaObject;
}

/** The port of the template images. Every method is atomic. */
export abstract class TemplateRepository {
  /** Stores the template and the row of its file, which is there already, in one transaction. */
  abstract add(stored: StoredTemplate): Promise<void>;

  abstract find(id: string): Promise<StoredTemplate | null>;

  /** In the order in which they were added. */
  abstract ofSlot(slotId: string): Promise<readonly StoredTemplate[]>;

  /**
   * Removes the template, and marks its file as cleaned, in one transaction; the file is removed afterwards.
   * @returns what was there; null when it is gone already
   */
  abstract remove(id: string, cleanedAt: string): Promise<StoredTemplate | null>;
}
