import { Injectable } from '@nestjs/common';
import { MediaMemory } from '../media.memory.js';
import { type StoredTemplate, type Template, TemplateRepository } from './template.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryTemplateRepository extends TemplateRepository {
  constructor(private readonly memory: MediaMemory) {
    super();
  }

  async add({ template, object }: StoredTemplate): Promise<void> {
    await Promise.resolve();
    if (this.memory.templates.has(template.id)) throw new Error('the template exists');
    if (template.mediaObjectId !== object.id) throw new Error('the file is of another template');
    this.memory.requireSlot(template.slotId);
    this.memory.addObject(object);
    this.memory.templates.set(template.id, { ...template });
  }

  async find(id: string): Promise<StoredTemplate | null> {
    await Promise.resolve();
    const template = this.memory.templates.get(id);
    return template ? this.#stored(template) : null;
  }

  async ofSlot(slotId: string): Promise<readonly StoredTemplate[]> {
    await Promise.resolve();
    const orderOf = ({ createdAt, id }: Template) => `${createdAt} ${id}`;
    return [...this.memory.templates.values()]
      .filter((template) => template.slotId === slotId)
      .toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1))
      .map((template) => this.#stored(template));
  }

  async remove(id: string, cleanedAt: string): Promise<StoredTemplate | null> {
    await Promise.resolve();
    const template = this.memory.templates.get(id);
    if (!template) return null;
    const { object } = this.#stored(template);
    this.memory.templates.delete(id);
    const cleaned = { ...object, cleanedAt: object.cleanedAt ?? cleanedAt };
    this.memory.objects.set(object.id, { ...cleaned });
    return { template: { ...template }, object: cleaned };
  }

  #stored(template: Template): StoredTemplate {
    const object = this.memory.objects.get(template.mediaObjectId);
    if (!object) throw new TypeError('a template without its file');
    return { template: { ...template }, object: { ...object } };
  }
}
