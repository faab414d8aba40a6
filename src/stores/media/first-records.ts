import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { hashPassword } from '@holdfast/nest/login/password';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { mediaVariables } from './media.variables.js';
import {
  INGEST_PASSWORD_KEY,
  RESULT_TTL_HOURS_KEY,
  SYNC_RESPONSE_SECONDS_KEY,
} from './settings/setting-keys.js';
import { SettingRepository } from './settings/setting.repository.js';
import { firstSlots } from './slots/first-slots.js';
import { SlotRepository } from './slots/slot.repository.js';

/** What is there before anybody has changed anything: the first slots, and the settings of the first process. */
@Injectable()
export class FirstRecords implements OnApplicationBootstrap {
  constructor(
    private readonly slots: SlotRepository,
    private readonly settings: SettingRepository,
    @Inject(SETTINGS) private readonly process: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const at = new Date().toISOString();
    await this.slots.makeFirst(firstSlots(at));
    const stored = new Set((await this.settings.all()).map(({ key }) => key));
    const texts = await this.#missing(stored);
    if (texts.length === 0) return;
    const first = { version: 1, updatedAt: at, updatedBy: null };
    await this.settings.makeFirst(texts.map(([key, value]) => ({ key, value, ...first })));
  }

  /** A password is hashed only where none is stored: it takes a part of a second. */
  async #missing(stored: ReadonlySet<string>): Promise<readonly (readonly [string, string])[]> {
    const values = valuesOf(this.process, mediaVariables);
    const texts = [
      [SYNC_RESPONSE_SECONDS_KEY, String(values.T_SYNC_RESPONSE_SECONDS)],
      [RESULT_TTL_HOURS_KEY, String(values.RESULT_TTL_HOURS)],
    ] as const;
    const password = values.INGEST_PASSWORD;
    return [
      ...texts.filter(([key]) => !stored.has(key)),
      ...(password && !stored.has(INGEST_PASSWORD_KEY)
        ? [[INGEST_PASSWORD_KEY, await hashPassword(password.reveal())] as const]
        : []),
    ];
  }
}
