import { Injectable } from '@nestjs/common';
import { Drivers } from '../drivers/drivers.js';
import type { JsonFields } from '../json-fields.js';
import { ReasonError } from '../media.reasons.js';
import type { Slot } from '../slots/slot.js';
import type { Treatment } from './photo-run.js';

/** What slots have done to photos. */
@Injectable()
export class Treatments {
  constructor(private readonly drivers: Drivers) {}

  /** @throws PROVIDER_FAILED where the slot has no provider, or settings of an earlier build */
  ofSlot({ provider, operation, settingsJson }: Slot): Treatment {
    const driver = this.drivers.get(provider);
    const settings = driver.settingsSchema.safeParse(settingsJson);
    if (settings.success) return { driver, operation, settings: settings.data };
    const detail = "the slot's settings are none that its provider takes: store them anew";
    throw new ReasonError('PROVIDER_FAILED', { detail });
  }

  /** Undefined for a name that no driver has. */
  knownProvider(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.drivers.find(name)?.name;
  }

  /**
   * Of a test run, which may name all of it.
   * @throws VALIDATION_FAILED, PROVIDER_FAILED
   */
  ofTest(slot: Slot, { provider, operation, settings }: GivenTreatment): Treatment {
    const name = provider ?? slot.provider;
    const isOther = name !== slot.provider;
    const driver = name === null ? undefined : this.drivers.find(name);
    if (!driver) throw invalid('provider', `one of ${this.drivers.names.join(', ')}`);
    const given = settings ?? (isOther ? {} : slot.settingsJson);
    const judged = driver.settingsSchema.safeParse(given);
    if (judged.success)
      return { driver, operation: operation ?? slot.operation, settings: judged.data };
    throw new ReasonError('VALIDATION_FAILED', {
      errors: judged.error.issues.map(({ path, message }) => ({
        path: ['settings', ...path].join('.'),
        message,
      })),
    });
  }
}

/** What a test run says of it; the slot says the rest. */
export interface GivenTreatment {
  readonly provider?: string | undefined;
  readonly operation?: string | undefined;
  readonly settings?: JsonFields | undefined;
}

function invalid(path: string, message: string): ReasonError {
  return new ReasonError('VALIDATION_FAILED', { errors: [{ path, message }] });
}
