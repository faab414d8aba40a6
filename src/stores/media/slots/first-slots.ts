import type { Instant } from '@holdfast/core/instant';
import type { Slot } from './slot.js';

/** How many slots there are at first. */
const SLOTS = 15;

/** `slot-001`, "Slot 01", …: without a provider and turned off, until somebody says what they do. */
export function firstSlots(at: Instant): readonly Slot[] {
  return Array.from({ length: SLOTS }, (_, index) => {
    const number = String(index + 1);
    return {
      id: `slot-${number.padStart(3, '0')}`,
      displayName: `Slot ${number.padStart(2, '0')}`,
      provider: null,
      operation: 'image_edit',
      settingsJson: {},
      sizeLimitMb: 50,
      isActive: false,
      version: 1,
      updatedBy: null,
      createdAt: at,
      updatedAt: at,
    };
  });
}
