import { describe, expect, it } from '@jest/globals';
import type { Job } from '../../../src/stores/media/jobs/job.js';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import {
  after,
  begun,
  done,
  HOUR_MS,
  newJob,
  newObject,
  NOON,
  OTHER_SLOT,
  SHA,
  SLOT,
  withSlots,
} from './media.records.js';

const FAILED = {
  status: 'failed',
  failureReason: 'PROVIDER_FAILED',
  completedAt: after(7),
} as const;
const KEY = { key: 'caller\u0020key', requestHash: SHA };

/** One caller, one call after the other. */
export function jobCases(ports: Current<MediaPorts>): void {
  describe('a job', () => {
    it('is found as it was begun', async () => {
      const { jobs } = await withSlots(ports());
      const job = newJob({ source: 'ui_test', provider: null });
      await jobs.begin(job);
      expect(await jobs.find(job.id)).toEqual(job);
      expect(await jobs.find('job')).toBeNull();
    });

    it('needs its slot, and an identifier of its own', async () => {
      const { jobs } = await withSlots(ports());
      const job = newJob();
      await jobs.begin(job);
      await expect(jobs.begin(job)).rejects.toThrow();
      const lost = newJob({ slotId: 'nowhere' });
      await expect(jobs.begin(lost)).rejects.toThrow();
      expect(await jobs.find(lost.id)).toBeNull();
    });

    it('ends with its result, whose temporary files are cleaned in the same moment', async () => {
      const all = await withSlots(ports());
      const { jobs, objects } = all;
      const job = await begun(all);
      const other = await begun(all);
      const temp = newObject(job.id, { scope: 'temp' });
      const published = newObject(job.id, { scope: 'provider' });
      const ofOther = newObject(other.id, { scope: 'temp' });
      for (const object of [temp, published, ofOther]) await objects.add(object);
      const result = newObject(job.id, { expiresAt: after(HOUR_MS) });

      expect(await jobs.complete(job.id, { requestSha256: SHA }, result, after(1234))).toBe(true);
      expect(await jobs.find(job.id)).toEqual({
        ...job,
        status: 'done',
        completedAt: after(1234),
        durationMs: 1234,
        requestSha256: SHA,
        resultMediaId: result.id,
        resultExpiresAt: after(HOUR_MS),
      });
      expect(await objects.resultOf(job.id)).toEqual(result);
      expect(await objects.find(temp.id)).toEqual({ ...temp, cleanedAt: after(1234) });
      expect(await objects.find(published.id)).toEqual({ ...published, cleanedAt: after(1234) });
      expect(await objects.find(ofOther.id)).toEqual(ofOther);
      expect(await jobs.find(other.id)).toEqual(other);
    });

    it.each(['failed', 'timeout'] as const)('ends as %s', async (status) => {
      const all = await withSlots(ports());
      const job = await begun(all);
      expect(await all.jobs.fail(job.id, { ...FAILED, status })).toBe(true);
      expect(await all.jobs.find(job.id)).toEqual({ ...job, ...FAILED, status, durationMs: 7 });
    });

    it('that ended before it began by another clock took no time', async () => {
      const all = await withSlots(ports());
      const job = await begun(all);
      await all.jobs.fail(job.id, { ...FAILED, completedAt: after(-5) });
      expect(await all.jobs.find(job.id)).toMatchObject({ durationMs: 0, completedAt: after(-5) });
    });

    it('goes forward only', async () => {
      const all = await withSlots(ports());
      const { jobs, objects } = all;
      const failed = await begun(all);
      await jobs.fail(failed.id, FAILED);
      const late = newObject(failed.id);
      expect(await jobs.complete(failed.id, { requestSha256: SHA }, late, after(9))).toBe(false);
      expect(await jobs.fail(failed.id, { ...FAILED, status: 'timeout' })).toBe(false);
      expect(await jobs.find(failed.id)).toMatchObject(FAILED);
      expect(await objects.find(late.id)).toBeNull();

      const { job, result } = await done(all);
      const second = newObject(job.id);
      expect(await jobs.fail(job.id, FAILED)).toBe(false);
      expect(await jobs.complete(job.id, { requestSha256: SHA }, second, after(9))).toBe(false);
      expect(await jobs.find(job.id)).toEqual(job);
      expect(await objects.resultOf(job.id)).toEqual(result);
      expect(await objects.find(second.id)).toBeNull();
      expect(await jobs.endOverdue(after(HOUR_MS), 10)).toBe(0);
    });

    it('that repeats another is withdrawn with all that it has, as long as it is pending', async () => {
      const all = await withSlots(ports());
      const { jobs, objects } = all;
      const [job, other] = [await begun(all), await begun(all)];
      const [temp, ofOther] = [newObject(job.id, { scope: 'temp' }), newObject(other.id)];
      for (const object of [temp, ofOther]) await objects.add(object);
      await jobs.claimKey(job.id, KEY);
      expect(await jobs.withdraw(job.id)).toBe(true);
      expect(await jobs.find(job.id)).toBeNull();
      expect(await objects.find(temp.id)).toBeNull();
      expect(await objects.find(ofOther.id)).toEqual(ofOther);
      expect(await jobs.claimKey(other.id, KEY)).toBeNull();
      expect(await jobs.withdraw(job.id)).toBe(false);

      const { job: ended, result } = await done(all);
      expect(await jobs.withdraw(ended.id)).toBe(false);
      expect(await jobs.find(ended.id)).toEqual(ended);
      expect(await objects.resultOf(ended.id)).toEqual(result);
    });

    it('that is not there ends in no way', async () => {
      const { jobs } = await withSlots(ports());
      expect(await jobs.fail('job', FAILED)).toBe(false);
      expect(await jobs.claimKey('job', KEY)).toBeNull();
      expect(await jobs.find('job')).toBeNull();
    });

    it('whose result cannot be stored is left as it was', async () => {
      const all = await withSlots(ports());
      const { jobs, objects } = all;
      const { result: taken } = await done(all);
      const job = await begun(all);
      const temp = newObject(job.id, { scope: 'temp' });
      await objects.add(temp);
      for (const bad of [
        newObject(job.id, { path: taken.path }),
        newObject(job.id, { id: taken.id }),
        newObject(job.id, { expiresAt: null }),
        newObject('nowhere'),
      ]) {
        await expect(jobs.complete(job.id, { requestSha256: SHA }, bad, NOON)).rejects.toThrow();
      }
      expect(await jobs.find(job.id)).toEqual(job);
      expect(await objects.find(temp.id)).toEqual(temp);
      const result = newObject(job.id);
      expect(await jobs.complete(job.id, { requestSha256: SHA }, result, NOON)).toBe(true);
    });
  });

  describe('a key', () => {
    it('is of the first job that claims it, also when that asks again', async () => {
      const all = await withSlots(ports());
      const [first, second] = [await begun(all), await begun(all)];
      expect(await all.jobs.claimKey(first.id, KEY)).toBeNull();
      expect(await all.jobs.claimKey(first.id, KEY)).toBeNull();
      expect(await all.jobs.claimKey(second.id, KEY)).toEqual({ job: first, isSame: true });
      const other = { ...KEY, requestHash: 'b'.repeat(64) };
      expect(await all.jobs.claimKey(second.id, other)).toEqual({ job: first, isSame: false });
      expect(await all.jobs.claimKey(second.id, { ...KEY, key: 'another' })).toBeNull();
    });

    it('stays with a job that is done', async () => {
      const all = await withSlots(ports());
      const job = await begun(all);
      await all.jobs.claimKey(job.id, KEY);
      await all.jobs.complete(job.id, { requestSha256: SHA }, newObject(job.id), after(9));
      const second = await begun(all);
      const claimed = await all.jobs.claimKey(second.id, KEY);
      expect(claimed).toEqual({ job: await all.jobs.find(job.id), isSame: true });
      expect(claimed?.job.status).toBe('done');
    });

    it('is free once its job has failed, or was given up', async () => {
      const all = await withSlots(ports());
      const [first, second, third] = [await begun(all), await begun(all), await begun(all)];
      await all.jobs.claimKey(first.id, KEY);
      await all.jobs.fail(first.id, FAILED);
      expect(await all.jobs.claimKey(first.id, KEY)).toBeNull();
      expect(await all.jobs.claimKey(second.id, KEY)).toBeNull();
      expect(await all.jobs.endOverdue(after(HOUR_MS), 10)).toBe(2);
      const fourth = await begun(all, { startedAt: after(HOUR_MS) });
      expect(await all.jobs.claimKey(third.id, KEY)).toBeNull();
      expect(await all.jobs.claimKey(fourth.id, KEY)).toBeNull();
      const fifth = await begun(all, { startedAt: after(HOUR_MS) });
      expect(await all.jobs.claimKey(fifth.id, KEY)).toEqual({ job: fourth, isSame: true });
    });

    it('is taken over from a job that nobody works on, and from no other', async () => {
      const all = await withSlots(ports());
      const [first, second, third] = [await begun(all), await begun(all), await begun(all)];
      await all.jobs.claimKey(first.id, KEY);
      await all.jobs.claimKey(third.id, { ...KEY, key: 'other' });
      const beats = () =>
        Promise.all([first, second, third].map(async ({ id }) => (await all.jobs.watch(id))?.beat));
      expect(await beats()).toEqual([0, null, 0]);
      expect(await all.jobs.watch('job')).toBeNull();
      expect(await all.jobs.watch(first.id)).toEqual({ job: first, beat: 0 });
      expect(await all.jobs.beat([first.id, second.id])).toEqual(new Set([first.id]));
      expect(await all.jobs.beat([])).toEqual(new Set());
      expect(await beats()).toEqual([1, null, 0]);

      expect(await all.jobs.fail(first.id, FAILED, 0)).toBe(false);
      expect(await all.jobs.fail(second.id, FAILED, 0)).toBe(false);
      expect(await all.jobs.watch(first.id)).toEqual({ job: first, beat: 1 });
      expect(await all.jobs.fail(first.id, FAILED, 1)).toBe(true);
      expect(await all.jobs.find(first.id)).toMatchObject(FAILED);
      expect(await all.jobs.find(second.id)).toEqual(second);
      expect(await all.jobs.beat([first.id, third.id])).toEqual(new Set([third.id]));
      expect(await all.jobs.claimKey(second.id, KEY)).toBeNull();
      expect(await all.jobs.fail(first.id, FAILED, 1)).toBe(false);
    });

    it('is told from others by every byte', async () => {
      const all = await withSlots(ports());
      for (const key of ['key', 'KEY', 'key ', 'kéy', 'ke\u0301y', '%', '']) {
        const job = await begun(all);
        expect(await all.jobs.claimKey(job.id, { ...KEY, key })).toBeNull();
      }
    });
  });

  describe('overdue jobs', () => {
    it('are ended oldest deadline first, so many at a time, with their deadline as their end', async () => {
      const all = await withSlots(ports());
      const late: Job[] = [];
      for (const startedAt of [after(3), after(1), after(2)])
        late.push(await begun(all, { startedAt }));
      const inTime = await begun(all, { startedAt: after(4) });
      const before = inTime.syncDeadline;
      expect(await all.jobs.countOverdue(before)).toBe(3);
      expect(await all.jobs.endOverdue(before, 2)).toBe(2);
      expect(await all.jobs.countOverdue(before)).toBe(1);
      const statuses = async () =>
        Promise.all(late.map(async ({ id }) => (await all.jobs.find(id))?.status));
      expect(await statuses()).toEqual(['pending', 'timeout', 'timeout']);
      expect(await all.jobs.endOverdue(before, 2)).toBe(1);
      expect(await all.jobs.endOverdue(before, 2)).toBe(0);
      expect(await all.jobs.countOverdue(before)).toBe(0);
      for (const job of late) {
        expect(await all.jobs.find(job.id)).toEqual({
          ...job,
          status: 'timeout',
          failureReason: 'PROVIDER_TIMEOUT',
          completedAt: job.syncDeadline,
          durationMs: 48_000,
        });
      }
      expect(await all.jobs.find(inTime.id)).toEqual(inTime);
    });

    it('took as long as to their deadline, to the millisecond', async () => {
      const all = await withSlots(ports());
      for (const milliseconds of [10_000, 10_001, 59_999, 60_000, 48_123]) {
        const startedAt = after(milliseconds * 7 + 3);
        const syncDeadline = new Date(Date.parse(startedAt) + milliseconds).toISOString();
        const job = await begun(all, { startedAt, syncDeadline });
        await all.jobs.endOverdue(after(HOUR_MS), 10);
        expect((await all.jobs.find(job.id))?.durationMs).toBe(milliseconds);
      }
    });
  });

  describe('lists of jobs', () => {
    it('are of one slot, newest first, then by identifier', async () => {
      const all = await withSlots(ports());
      const first = await begun(all, { startedAt: after(1) });
      const second = await begun(all, { startedAt: after(2) });
      const third = await begun(all, { startedAt: after(2) });
      await begun(all, { slotId: OTHER_SLOT, startedAt: after(3) });
      expect(await all.jobs.latest(SLOT, 10)).toEqual([third, second, first]);
      expect(await all.jobs.latest(SLOT, 2)).toEqual([third, second]);
      expect(await all.jobs.latest('slot-003', 10)).toEqual([]);
    });

    it('of results hold those that have not expired', async () => {
      const all = await withSlots(ports());
      const { job: gone } = await done(all, { startedAt: after(1) }, { expiresAt: after(100) });
      const { job: long } = await done(all, { startedAt: after(2) }, { expiresAt: after(300) });
      const { job: short } = await done(all, { startedAt: after(3) }, { expiresAt: after(200) });
      await begun(all, { startedAt: after(4) });
      const failed = await begun(all, { startedAt: after(5) });
      await all.jobs.fail(failed.id, FAILED);
      await done(all, { startedAt: after(6), slotId: OTHER_SLOT });
      const { job: tried } = await done(all, { startedAt: after(7), source: 'ui_test' });
      expect((await all.jobs.latest(SLOT, 1))[0]).toEqual(tried);
      const results = (now: number, limit = 10) => all.jobs.latestResults(SLOT, after(now), limit);
      expect(await results(99)).toEqual([short, long, gone]);
      expect(await results(100)).toEqual([short, long]);
      expect(await results(100, 1)).toEqual([short]);
      expect(await results(200)).toEqual([long]);
      expect(await results(300)).toEqual([]);
    });
  });
}
