import type { Job } from './jobs/job.js';
import type { MediaObject } from './objects/media-object.js';
import type { Setting } from './settings/setting.repository.js';
import type { Slot } from './slots/slot.js';
import type { Template } from './templates/template.repository.js';

export interface KeyEntry {
  readonly jobId: string;
  readonly requestHash: string;
  beat: number;
}

/** What the repositories share in memory, as the databases share tables, with the checks of the databases. */
export class MediaMemory {
  readonly slots = new Map<string, Slot>();
  readonly jobs = new Map<string, Job>();
  readonly keys = new Map<string, KeyEntry>();
  readonly objects = new Map<string, MediaObject>();
  readonly templates = new Map<string, Template>();
  readonly settings = new Map<string, Setting>();

  requireSlot(id: string): void {
    if (!this.slots.has(id)) throw new Error('there is no such slot');
  }

  /** Stores the row of a file: its slot and its job are there, and no other file that is not cleaned has its name. */
  addObject(object: MediaObject): void {
    this.requireSlot(object.slotId);
    if ((object.scope === 'template') !== (object.jobId === null))
      throw new Error('a template has no job, and all else has one');
    if (object.jobId !== null && !this.jobs.has(object.jobId))
      throw new Error('there is no such job');
    if (this.objects.has(object.id)) throw new Error('the file has a row');
    if (object.cleanedAt === null && this.live().some(({ path }) => path === object.path))
      throw new Error('another file has that name');
    this.objects.set(object.id, structuredClone(object));
  }

  live(): MediaObject[] {
    return [...this.objects.values()].filter(({ cleanedAt }) => cleanedAt === null);
  }

  keyOf(jobId: string): KeyEntry | undefined {
    return [...this.keys.values()].find((entry) => entry.jobId === jobId);
  }

  /** Frees the key of a job, if it has one. */
  freeKeyOf(jobId: string): void {
    for (const [key, entry] of this.keys) if (entry.jobId === jobId) this.keys.delete(key);
  }
}
