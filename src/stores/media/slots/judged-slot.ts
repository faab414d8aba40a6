import { ReasonError } from '../media.reasons.js';
import type { Drivers } from '../drivers/drivers.js';
import type { JsonFields } from '../json-fields.js';
import type { Slot } from './slot.js';

/** As many faults as an answer holds. */
const MOST_ERRORS = 50;

/** More than prompts and parameters take; a slot is read with each photo. */
const SETTINGS_BYTES = 64 * 1024;

/** What of a slot its settings are judged by. */
export type Configured = Pick<Slot, 'provider' | 'settingsJson' | 'isActive'>;

/**
 * The settings of a slot as its driver understands them, defaults included; those of a slot without a provider as
 * they are.
 * @throws VALIDATION_FAILED
 */
export function judgedSettings(drivers: Drivers, slot: Configured): JsonFields {
  const { provider, settingsJson, isActive } = slot;
  if (Buffer.byteLength(JSON.stringify(settingsJson)) > SETTINGS_BYTES)
    throw invalid([{ path: 'settings_json', message: 'is larger than 64 KiB' }]);
  if (provider === null) {
    if (!isActive) return settingsJson;
    throw invalid([{ path: 'provider', message: 'is needed by a slot that is_active' }]);
  }
  const driver = drivers.find(provider);
  if (!driver) {
    const message = `is none of ${drivers.names.join(', ')}`;
    throw invalid([{ path: 'provider', message }]);
  }
  const judged = driver.settingsSchema.safeParse(settingsJson);
  if (judged.success) return judged.data;
  throw invalid(
    judged.error.issues.slice(0, MOST_ERRORS).map(({ path, message }) => ({
      path: ['settings_json', ...path.map(String)].join('.'),
      message,
    })),
  );
}

function invalid(errors: NonNullable<ReasonError['errors']>): ReasonError {
  return new ReasonError('VALIDATION_FAILED', { errors });
}
