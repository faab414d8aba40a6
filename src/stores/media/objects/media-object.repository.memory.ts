import { Injectable } from '@nestjs/common';
import type { Instant } from '@holdfast/core/instant';
import { MediaMemory } from '../media.memory.js';
import { byExpiry, type MediaObject, type Scope, SCOPES } from './media-object.js';
import { MediaObjectRepository } from './media-object.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryMediaObjectRepository extends MediaObjectRepository {
  constructor(private readonly memory: MediaMemory) {
    super();
  }

  async add(object: MediaObject): Promise<void> {
    await Promise.resolve();
    this.memory.addObject(object);
  }

  async find(id: string): Promise<MediaObject | null> {
    await Promise.resolve();
    return structuredClone(this.memory.objects.get(id) ?? null);
  }

  async resultOf(jobId: string): Promise<MediaObject | null> {
    await Promise.resolve();
    const all = [...this.memory.objects.values()];
    const result = all.find((object) => object.jobId === jobId && object.scope === 'result');
    return result ? { ...result } : null;
  }

  async markExpired(now: Instant, limit: number, slotId?: string): Promise<readonly MediaObject[]> {
    await Promise.resolve();
    const marked = this.#expired(now, slotId)
      .toSorted(byExpiry)
      .slice(0, limit)
      .map((object) => ({ ...object, cleanedAt: now }));
    for (const object of marked) this.memory.objects.set(object.id, { ...object });
    return marked;
  }

  async countExpired(now: Instant, slotId?: string): Promise<{ rows: number; bytes: number }> {
    await Promise.resolve();
    const expired = this.#expired(now, slotId);
    return { rows: expired.length, bytes: sumOf(expired) };
  }

  async markCleaned(ids: readonly string[], cleanedAt: Instant): Promise<number> {
    await Promise.resolve();
    const chosen = this.memory.live().filter(({ id }) => ids.includes(id));
    for (const object of chosen) this.memory.objects.set(object.id, { ...object, cleanedAt });
    return chosen.length;
  }

  async liveAmong(paths: readonly string[]): Promise<ReadonlySet<string>> {
    await Promise.resolve();
    const live = new Set(this.memory.live().map(({ path }) => path));
    return new Set(paths.filter((path) => live.has(path)));
  }

  async liveAfter(after: string | null, limit: number): Promise<readonly MediaObject[]> {
    await Promise.resolve();
    return this.memory
      .live()
      .filter(({ path }) => after === null || path > after)
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .slice(0, limit)
      .map((object) => ({ ...object }));
  }

  async bytesByScope(): Promise<Readonly<Record<Scope, number>>> {
    await Promise.resolve();
    const live = this.memory.live();
    const entries = SCOPES.map((scope) => [
      scope,
      sumOf(live.filter((object) => object.scope === scope)),
    ]);
    return Object.fromEntries(entries) as Record<Scope, number>;
  }

  #expired(now: Instant, slotId: string | undefined): MediaObject[] {
    return this.memory
      .live()
      .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now)
      .filter((object) => slotId === undefined || object.slotId === slotId);
  }
}

function sumOf(objects: readonly MediaObject[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}
