import { Injectable } from '@nestjs/common';
import { type Instant, readTime } from '@holdfast/core/instant';
import type { Job } from '../jobs/job.js';
import type { Scope } from '../objects/media-object.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import { statsSinceOf } from '../settings/setting-keys.js';
import { SettingsCache } from '../settings/settings-cache.js';
import type { Slot } from '../slots/slot.js';
import { SlotRepository } from '../slots/slot.repository.js';
import {
  type Bucket,
  bucketSecondsOf,
  type JobCounts,
  type LastEnds,
  NOTHING,
  type SlotStats,
  withEmptyBuckets,
} from './stats.js';
import { StatsRepository } from './stats.repository.js';

/** As many as fit on a page. */
const FAILURES = 20;

export interface Overview {
  readonly since: Instant;
  readonly counts: JobCounts;
  readonly bytes: Readonly<Record<Scope, number>>;
  readonly bucketSeconds: number;
  readonly series: readonly Bucket[];
}

/** A slot, its figures since the window began or since it was reset, and how it was last. */
export interface StatsOfSlot {
  readonly slot: Slot;
  readonly figures: SlotStats;
  readonly last: LastEnds;
  /** When it was last reset; null for never. */
  readonly resetAt: Instant | null;
}

@Injectable()
export class StatsService {
  constructor(
    private readonly stats: StatsRepository,
    private readonly slots: SlotRepository,
    private readonly objects: MediaObjectRepository,
    private readonly settings: SettingsCache,
  ) {}

  async overview(windowMinutes: number): Promise<Overview> {
    const { since, now } = windowOf(windowMinutes);
    const bucketSeconds = bucketSecondsOf(windowMinutes);
    const counts = await this.stats.counts(since);
    const found = await this.stats.series(since, bucketSeconds);
    const series = withEmptyBuckets(found, since, now, bucketSeconds);
    return { since, counts, bytes: await this.objects.bytesByScope(), bucketSeconds, series };
  }

  /** By identifier; slots without any job in the window too. */
  async bySlot(windowMinutes: number): Promise<{
    readonly since: Instant;
    readonly slots: readonly StatsOfSlot[];
    readonly failures: readonly Job[];
  }> {
    const { since } = windowOf(windowMinutes);
    const figures = new Map((await this.stats.bySlot(since)).map((each) => [each.slotId, each]));
    const last = new Map((await this.stats.lastEnds()).map((each) => [each.slotId, each]));
    const settings = await this.settings.read();
    const slots = (await this.slots.list()).map((slot): StatsOfSlot => {
      const { id: slotId } = slot;
      const resetAt = settings.get(statsSinceOf(slotId))?.value;
      return {
        slot,
        figures: figures.get(slotId) ?? { slotId, ...NOTHING, p50Ms: null, p95Ms: null },
        last: last.get(slotId) ?? { slotId, ...NEVER },
        resetAt: resetAt === undefined ? null : readTime(resetAt),
      };
    });
    return { since, slots, failures: await this.stats.failures(FAILURES) };
  }
}

const NEVER = { lastSuccessAt: null, lastErrorAt: null, lastErrorReason: null };

function windowOf(minutes: number): { readonly since: Instant; readonly now: Instant } {
  const now = Date.now();
  return {
    since: new Date(now - minutes * 60_000).toISOString(),
    now: new Date(now).toISOString(),
  };
}
