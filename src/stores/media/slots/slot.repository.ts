import type { Slot } from './slot.js';

/** The port of the slots. Every method is atomic; what a write acknowledges is durable. */
export abstract class SlotRepository {
  /** Makes these when there is no slot at all; several replicas may do it at once. */
  abstract makeFirst(slots: readonly Slot[]): Promise<void>;

  abstract find(id: string): Promise<Slot | null>;

  /** By identifier, ascending. */
  abstract list(): Promise<readonly Slot[]>;

  /** Stores the next state of a slot. @returns false when it has another version by now, or is gone */
  abstract replace(slot: Slot, versionBefore: number): Promise<boolean>;
}
