import { describe, expect, it } from '@jest/globals';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import { after, begun, HOUR_MS, newObject, SHA, withSlots } from './media.records.js';

const ROUNDS = 12;
const CALLERS = 8;

const failure = (status: 'failed' | 'timeout') => ({
  status,
  failureReason: status === 'failed' ? 'PROVIDER_FAILED' : 'PROVIDER_TIMEOUT',
  completedAt: after(10),
});

/** Several callers at once. */
export function jobRaceCases(ports: Current<MediaPorts>): void {
  describe('at the same time', () => {
    it('a job is ended once, whether it is done, failed, given up or withdrawn', async () => {
      const all = await withSlots(ports());
      const { jobs, objects } = all;
      const winners = new Set<string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const job = await begun(all);
        const temp = newObject(job.id, { scope: 'temp' });
        await objects.add(temp);
        const results = [newObject(job.id), newObject(job.id)];
        const ends = [
          ...results.map(
            (result) => async () =>
              jobs.complete(job.id, { requestSha256: SHA }, result, after(10)),
          ),
          async () => jobs.fail(job.id, failure('failed')),
          async () => jobs.fail(job.id, failure('timeout')),
          async () => jobs.withdraw(job.id),
          async () => (await jobs.endOverdue(after(HOUR_MS), 10)) > 0,
        ];
        // Whoever is asked first often comes first.
        const inTurn = [...ends.slice(round % ends.length), ...ends.slice(0, round % ends.length)];
        const outcomes = await Promise.all(inTurn.map((end) => end()));
        expect(outcomes.filter(Boolean)).toHaveLength(1);

        const ended = await jobs.find(job.id);
        const stored = await objects.resultOf(job.id);
        winners.add(ended?.status ?? 'withdrawn');
        expect(ended?.status).not.toBe('pending');
        expect(stored?.id ?? null).toBe(ended?.resultMediaId ?? null);
        expect(ended?.status === 'done').toBe(stored !== null);
        const used = await objects.find(temp.id);
        expect(used === null).toBe(ended === null);
        if (used) expect(used.cleanedAt !== null).toBe(ended?.status === 'done');
      }
      expect(winners.size).toBeGreaterThan(1);
    });

    it('a key is taken over, or its job is told of: one of the two', async () => {
      const all = await withSlots(ports());
      const { jobs } = all;
      for (let round = 0; round < ROUNDS; round += 1) {
        const job = await begun(all);
        await jobs.claimKey(job.id, { key: `round ${round}`, requestHash: SHA });
        const told = async () => (await jobs.beat([job.id])).has(job.id);
        const takenOver = async () => jobs.fail(job.id, failure('timeout'), 0);
        const [one, other] = round % 2 === 0 ? [told, takenOver] : [takenOver, told];
        const outcomes = await Promise.all([one(), other()]);
        expect(outcomes.filter(Boolean)).toHaveLength(1);
      }
    });

    it('a key is of one job, and all others are told of it', async () => {
      const all = await withSlots(ports());
      for (let round = 0; round < ROUNDS; round += 1) {
        const key = { key: `round ${round}`, requestHash: SHA };
        const given = [];
        for (let caller = 0; caller < CALLERS; caller += 1) given.push(await begun(all));
        const claimed = await Promise.all(given.map(({ id }) => all.jobs.claimKey(id, key)));
        const winner = given[claimed.indexOf(null)];
        expect(claimed.filter((each) => each === null)).toHaveLength(1);
        for (const each of claimed) if (each) expect(each).toEqual({ job: winner, isSame: true });
      }
    });

    it('a key goes from jobs that fail to one that goes on', async () => {
      const all = await withSlots(ports());
      const key = { key: 'key', requestHash: SHA };
      const holders: string[] = [];
      await Promise.all(
        Array.from({ length: CALLERS }, async (_, caller) => {
          for (let step = 0; step < 4; step += 1) {
            const job = await begun(all);
            if ((await all.jobs.claimKey(job.id, key)) === null) {
              holders.push(job.id);
              // Nobody else has it now.
              expect(holders.filter((id) => id !== job.id)).toEqual([]);
              holders.splice(holders.indexOf(job.id), 1);
              expect(await all.jobs.fail(job.id, failure('failed'))).toBe(true);
            } else {
              await all.jobs.fail(job.id, failure(caller % 2 === 0 ? 'failed' : 'timeout'));
            }
          }
        }),
      );
      const last = await begun(all);
      expect(await all.jobs.claimKey(last.id, key)).toBeNull();
      const asking = await begun(all);
      expect((await all.jobs.claimKey(asking.id, key))?.job.id).toBe(last.id);
    });

    it('a job that is given up while it claims keeps no key', async () => {
      const all = await withSlots(ports());
      for (let round = 0; round < ROUNDS; round += 1) {
        const key = { key: `round ${round}`, requestHash: SHA };
        const job = await begun(all);
        await Promise.all([
          all.jobs.claimKey(job.id, key),
          all.jobs.endOverdue(after(HOUR_MS), 100),
        ]);
        // A job that is locked is left for the next time.
        await all.jobs.endOverdue(after(HOUR_MS), 100);
        const next = await begun(all, { startedAt: after(HOUR_MS) });
        expect(await all.jobs.claimKey(next.id, key)).toBeNull();
      }
    });

    it('sweepers end each job once', async () => {
      const all = await withSlots(ports());
      const total = 30;
      for (let index = 0; index < total; index += 1) await begun(all);
      const sweep = async () => {
        let ended = 0;
        for (let count = -1; count !== 0;) {
          count = await all.jobs.endOverdue(after(HOUR_MS), 4);
          ended += count;
        }
        return ended;
      };
      const counts = await Promise.all([sweep(), sweep(), sweep()]);
      // What one has locked is left to it: whoever comes then finds nothing, and the rest comes later.
      const rest = await sweep();
      expect(counts.reduce((sum, count) => sum + count, rest)).toBe(total);
    });
  });
}
