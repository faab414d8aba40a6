import { Injectable } from '@nestjs/common';
import { MediaMemory } from '../media.memory.js';
import type { Slot } from './slot.js';
import { SlotRepository } from './slot.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemorySlotRepository extends SlotRepository {
  constructor(private readonly memory: MediaMemory) {
    super();
  }

  async makeFirst(slots: readonly Slot[]): Promise<void> {
    await Promise.resolve();
    if (this.memory.slots.size > 0) return;
    for (const slot of slots) this.memory.slots.set(slot.id, structuredClone(slot));
  }

  async find(id: string): Promise<Slot | null> {
    await Promise.resolve();
    return structuredClone(this.memory.slots.get(id) ?? null);
  }

  async list(): Promise<readonly Slot[]> {
    await Promise.resolve();
    return [...this.memory.slots.values()]
      .map((slot) => structuredClone(slot))
      .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  async replace(slot: Slot, versionBefore: number): Promise<boolean> {
    await Promise.resolve();
    const before = this.memory.slots.get(slot.id);
    if (before?.version !== versionBefore) return false;
    this.memory.slots.set(slot.id, { ...structuredClone(slot), createdAt: before.createdAt });
    return true;
  }
}
