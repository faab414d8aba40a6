import { Injectable } from '@nestjs/common';
import { type Instant, storedTime } from '@holdfast/core/instant';
import { retryOnConflict } from '@holdfast/core/retry-on-conflict';
import { Overtaken } from '@holdfast/postgres/database/assert-stored';
import type { Keep } from '../../kept-answers.js';
import { ReasonError } from '../media.reasons.js';
import { statsSinceOf, type Written } from '../settings/setting-keys.js';
import { SettingRepository } from '../settings/setting.repository.js';
import { SettingsCache } from '../settings/settings-cache.js';
import { changeOf } from '../settings/settings.service.js';
import { SlotRepository } from '../slots/slot.repository.js';

/** From which moment on the jobs of a slot count. */
export interface StatsSince {
  readonly slotId: string;
  readonly since: Instant;
}

@Injectable()
export class StatsReset {
  constructor(
    private readonly slots: SlotRepository,
    private readonly settings: SettingRepository,
    private readonly cache: SettingsCache,
  ) {}

  /** @throws SLOT_NOT_FOUND, RECORD_CONTENDED, KeyTakenError */
  async reset(slotId: string, written: Written, keep?: Keep<StatsSince>): Promise<StatsSince> {
    if (!(await this.slots.find(slotId)))
      throw new ReasonError('SLOT_NOT_FOUND', { detail: 'There is no such slot.' });
    const since: StatsSince = { slotId, since: written.at };
    const key = statsSinceOf(slotId);
    const overtaken = new Overtaken();
    const answer = await keep?.(since);
    return retryOnConflict(
      async () => {
        const before = await this.cache.read();
        overtaken.meet(String(before.get(key)?.version ?? 0));
        const change = changeOf(before, key, storedTime(written.at), written);
        return (await this.settings.replace([change], answer)) ? since : undefined;
      },
      () => new ReasonError('RECORD_CONTENDED', { detail: 'others kept resetting it' }),
    );
  }
}
