import { describe, expect, it } from '@jest/globals';
import { storedTime } from '@holdfast/core/instant';
import { statsSinceOf } from '../../../src/stores/media/settings/setting-keys.js';
import { NOTHING, percentile } from '../../../src/stores/media/stats/stats.js';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import {
  after,
  begun,
  newObject,
  NOON,
  OTHER_SLOT,
  SHA,
  SLOT,
  withSlots,
} from './media.records.js';

/** A job that took so long, and how it ended. */
async function ended(
  all: MediaPorts,
  durationMs: number,
  how: 'done' | 'timeout' | 'PROVIDER_FAILED' | 'MEDIA_FILES_FULL' = 'done',
  { slotId = SLOT, startedAt = NOON } = {},
): Promise<void> {
  const job = await begun(all, { slotId, startedAt });
  const completedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
  if (how === 'done') {
    const result = newObject(job.id, { slotId });
    await all.jobs.complete(job.id, { requestSha256: SHA }, result, completedAt);
    return;
  }
  const status = how === 'timeout' ? how : 'failed';
  const failureReason = how === 'timeout' ? 'PROVIDER_TIMEOUT' : how;
  await all.jobs.fail(job.id, { status, failureReason, completedAt });
}

const NONE = { ...NOTHING, p50Ms: null, p95Ms: null };

export function statsCases(ports: Current<MediaPorts>): void {
  describe('statistics', () => {
    it('are zero where nothing has happened', async () => {
      const { stats } = await withSlots(ports());
      expect(await stats.counts(NOON)).toEqual(NOTHING);
      expect(await stats.series(NOON, 60)).toEqual([]);
      expect(await stats.bySlot(NOON)).toEqual([]);
      expect(await stats.failures(20)).toEqual([]);
      const last = await stats.lastEnds();
      expect(last).toHaveLength(15);
      expect(last[0]).toEqual({
        ...{ slotId: SLOT, lastSuccessAt: null, lastErrorAt: null, lastErrorReason: null },
      });
    });

    it('count the jobs that were started since, by how they ended', async () => {
      const all = await withSlots(ports());
      await ended(all, 1, 'done', { startedAt: after(-1) });
      await ended(all, 2);
      await ended(all, 3, 'timeout');
      await ended(all, 4, 'PROVIDER_FAILED');
      await ended(all, 5, 'MEDIA_FILES_FULL', { slotId: OTHER_SLOT });
      await begun(all, { startedAt: after(9) });
      const counts = { jobs: 5, done: 1, timeouts: 1, failed: 2, providerErrors: 1 };
      expect(await all.stats.counts(NOON)).toEqual(counts);
      expect(await all.stats.counts(after(-1))).toEqual({ ...counts, jobs: 6, done: 2 });
      expect(await all.stats.counts(after(9))).toEqual({ ...NOTHING, jobs: 1 });
      expect(await all.stats.bySlot(NOON)).toEqual([
        {
          ...{ slotId: SLOT, jobs: 4, done: 1, timeouts: 1, failed: 1, providerErrors: 1 },
          ...{ p50Ms: 3, p95Ms: 4 },
        },
        { ...NONE, slotId: OTHER_SLOT, jobs: 1, failed: 1, p50Ms: 5, p95Ms: 5 },
      ]);
    });

    it.each([1, 2, 3, 19, 20, 21, 40])('have the nearest rank of %i durations', async (count) => {
      const all = await withSlots(ports());
      const durations = Array.from({ length: count }, (_, index) => ((index * 7) % count) * 10 + 1);
      for (const duration of durations) await ended(all, duration);
      await begun(all);
      const ascending = durations.toSorted((one, other) => one - other);
      const [p50Ms, p95Ms] = [percentile(ascending, 50), percentile(ascending, 95)];
      expect(await all.stats.bySlot(NOON)).toEqual([
        { ...NOTHING, slotId: SLOT, jobs: count + 1, done: count, p50Ms, p95Ms },
      ]);
      expect(ascending.filter((each) => each <= (p50Ms ?? 0)).length * 2).toBeGreaterThanOrEqual(
        count,
      );
    });

    it('are cut into steps by when jobs were started', async () => {
      const all = await withSlots(ports());
      await ended(all, 10, 'done', { startedAt: after(0) });
      await ended(all, 30, 'timeout', { startedAt: after(59_999) });
      await ended(all, 20, 'done', { startedAt: after(60_000) });
      await begun(all, { startedAt: after(180_000) });
      const none = { ...NOTHING, p95Ms: null };
      expect(await all.stats.series(NOON, 60)).toEqual([
        { ...none, at: NOON, jobs: 2, done: 1, timeouts: 1, p95Ms: 30 },
        { ...none, at: after(60_000), jobs: 1, done: 1, p95Ms: 20 },
        { ...none, at: after(180_000), jobs: 1 },
      ]);
      expect(await all.stats.series(after(60_000), 3600)).toEqual([
        { ...none, at: NOON, jobs: 2, done: 1, p95Ms: 20 },
      ]);
    });

    it('of a slot begin when it was reset; those of others do not', async () => {
      const all = await withSlots(ports());
      for (const startedAt of [after(0), after(1), after(2)]) {
        await ended(all, 5, 'done', { startedAt });
        await ended(all, 5, 'done', { startedAt, slotId: OTHER_SLOT });
      }
      const reset = (at: string) => [
        {
          ...{ key: statsSinceOf(SLOT), value: storedTime(at), version: 1 },
          ...{ updatedAt: NOON, updatedBy: null },
        },
      ];
      await all.settings.makeFirst(reset(after(1)));
      const jobs = async (since: string) =>
        (await all.stats.bySlot(since)).map((each) => [each.slotId, each.jobs]);
      expect(await jobs(NOON)).toEqual([
        [SLOT, 2],
        [OTHER_SLOT, 3],
      ]);
      expect(await jobs(after(2))).toEqual([
        [SLOT, 1],
        [OTHER_SLOT, 1],
      ]);
      expect((await all.stats.counts(NOON)).jobs).toBe(6);
    });

    it('know how each slot was last, and which jobs failed last', async () => {
      const all = await withSlots(ports());
      await ended(all, 1, 'done', { startedAt: after(1) });
      await ended(all, 1, 'PROVIDER_FAILED', { startedAt: after(2) });
      await ended(all, 1, 'timeout', { startedAt: after(3) });
      await ended(all, 1, 'done', { startedAt: after(4) });
      await begun(all, { startedAt: after(5) });
      await ended(all, 1, 'MEDIA_FILES_FULL', { startedAt: after(6), slotId: OTHER_SLOT });
      const [first, second, third] = await all.stats.lastEnds();
      expect([first, second, third]).toEqual([
        {
          ...{ slotId: SLOT, lastSuccessAt: after(5) },
          ...{ lastErrorAt: after(4), lastErrorReason: 'PROVIDER_TIMEOUT' },
        },
        {
          ...{ slotId: OTHER_SLOT, lastSuccessAt: null },
          ...{ lastErrorAt: after(7), lastErrorReason: 'MEDIA_FILES_FULL' },
        },
        { slotId: 'slot-003', lastSuccessAt: null, lastErrorAt: null, lastErrorReason: null },
      ]);
      const failures = await all.stats.failures(2);
      expect(failures.map(({ slotId, failureReason }) => [slotId, failureReason])).toEqual([
        [OTHER_SLOT, 'MEDIA_FILES_FULL'],
        [SLOT, 'PROVIDER_TIMEOUT'],
      ]);
      expect(await all.stats.failures(20)).toHaveLength(3);
    });
  });
}
