import { Injectable } from '@nestjs/common';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { Drivers } from '../drivers/drivers.js';
import { ReasonError } from '../media.reasons.js';
import type { Written } from '../settings/setting-keys.js';
import { type StoredTemplate, TemplateRepository } from '../templates/template.repository.js';
import { judgedSettings } from './judged-slot.js';
import type { Slot } from './slot.js';
import { SlotRepository } from './slot.repository.js';

/** What of a slot can be changed; what is absent stays as it is. */
export type SlotUpdate = Partial<
  Pick<Slot, 'displayName' | 'provider' | 'operation' | 'settingsJson' | 'sizeLimitMb' | 'isActive'>
>;

export interface SlotWithTemplates {
  readonly slot: Slot;
  readonly templates: readonly StoredTemplate[];
}

@Injectable()
export class SlotsService {
  constructor(
    private readonly slots: SlotRepository,
    private readonly templates: TemplateRepository,
    private readonly drivers: Drivers,
  ) {}

  list(): Promise<readonly Slot[]> {
    return this.slots.list();
  }

  /** @throws SLOT_NOT_FOUND */
  async get(id: string): Promise<SlotWithTemplates> {
    return { slot: await this.#find(id), templates: await this.templates.ofSlot(id) };
  }

  /**
   * Changes what is given; all of the slot is judged as it will be.
   * @param version that was read
   * @throws SLOT_NOT_FOUND, STATE_CONFLICT, VALIDATION_FAILED
   */
  async update(
    id: string,
    update: SlotUpdate,
    version: number,
    { at, by }: Written,
  ): Promise<SlotWithTemplates> {
    const before = await this.#find(id);
    if (before.version !== version) throw conflict(before);
    const next = { ...before, ...update };
    const slot: Slot = {
      ...next,
      settingsJson: judgedSettings(this.drivers, next),
      ...{ version: version + 1, updatedBy: by, updatedAt: at },
    };
    if (!(await this.slots.replace(slot, version))) {
      const now = await this.#find(id);
      // Refused, and nobody else has changed it.
      if (now.version === version) throwNotStored();
      throw conflict(now);
    }
    return { slot, templates: await this.templates.ofSlot(id) };
  }

  async #find(id: string): Promise<Slot> {
    const slot = await this.slots.find(id);
    if (!slot) throw new ReasonError('SLOT_NOT_FOUND', { detail: 'There is no such slot.' });
    return slot;
  }
}

function conflict({ version }: Slot): ReasonError {
  return new ReasonError('STATE_CONFLICT', { detail: `the slot has version ${version}` });
}
