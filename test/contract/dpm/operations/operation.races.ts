import { describe, expect, it } from '@jest/globals';
import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { Current } from '../../contract.js';
import { finished, pending, started } from './operation.drafts.js';

const CALLERS = 40;

/** Many callers at once. */
export function raceCases(operations: Current<OperationRepository>): void {
  describe('races', () => {
    it('create one operation for one correlation id', async () => {
      const all = Array.from({ length: CALLERS }, () => pending({ correlationId: 'same' }));
      const taken = await Promise.all(all.map((each) => operations().create(each)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      const winner = all[taken.indexOf(true)];
      expect(await operations().findByCorrelationId('same')).toStrictEqual(winner);
      expect(await operations().list({}, CALLERS)).toStrictEqual([winner]);
    });

    it('create every operation that has a correlation id of its own', async () => {
      const all = Array.from({ length: CALLERS }, () => pending());
      const taken = await Promise.all(all.map((each) => operations().create(each)));
      expect(taken).toEqual(all.map(() => true));
      expect(await operations().list({}, CALLERS + 1)).toStrictEqual(all.toReversed());
    });

    it('start an operation once', async () => {
      const before = pending();
      await operations().create(before);
      const all = Array.from({ length: CALLERS }, (_, index) =>
        started(before, new Date(index).toISOString()),
      );
      const taken = await Promise.all(all.map((each) => operations().move(each, 'PENDING')));
      expect(taken.filter(Boolean)).toHaveLength(1);
      const winner = all[taken.indexOf(true)];
      expect(await operations().find(before.operationId)).toStrictEqual(winner);
    });

    it('finish an operation once, with the ending of the winner alone', async () => {
      const before = pending();
      const running = started(before);
      await operations().create(before);
      await operations().move(running, 'PENDING');
      const all = Array.from({ length: CALLERS }, (_, caller) =>
        finished(
          running,
          caller % 2 === 0 ? { result: caller } : { error: { code: `${caller}`, message: '' } },
        ),
      );
      const taken = await Promise.all(all.map((each) => operations().move(each, 'RUNNING')));
      expect(taken.filter(Boolean)).toHaveLength(1);
      const winner = all[taken.indexOf(true)];
      expect(await operations().find(before.operationId)).toStrictEqual(winner);
    });
  });
}
