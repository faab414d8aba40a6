import { beforeEach, describe, expect, it } from '@jest/globals';
import { artifactOf } from '../../../src/stores/dpm/runs/artifact.js';
import { RunMemory } from '../../../src/stores/dpm/runs/run.memory.js';
import { MemoryRunRepository } from '../../../src/stores/dpm/runs/run.repository.memory.js';
import { type RecordRequest, RunsService } from '../../../src/stores/dpm/runs/runs.service.js';

const REQUEST: RecordRequest = {
  correlationId: 'correlation',
  requestHash: 'hash',
  portfolioId: 'portfolio',
  status: 'READY',
  result: { a: 1 },
};

let service: RunsService;
beforeEach(() => {
  service = new RunsService(new MemoryRunRepository(new RunMemory()));
});

describe('a recorded run', () => {
  it('has an identifier of its own unless it is given one, and is found by each of its names', async () => {
    const { run, replayed } = await service.record(REQUEST, 'key');
    expect(replayed).toBe(false);
    expect(run).toEqual({
      ...REQUEST,
      rebalanceRunId: expect.stringMatching(/^[\da-f-]{36}$/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
    });
    expect(await service.get(run.rebalanceRunId)).toEqual(run);
    expect(await service.getByCorrelationId('correlation')).toEqual(run);
    expect(await service.getByRequestHash('hash')).toEqual(run);
    expect(await service.getByKey('key')).toEqual(run);
    expect(await service.keyHistory('key', 10)).toMatchObject({
      items: [{ outcome: 'RECORDED' }],
      next: null,
    });
    expect(await service.artifact(run.rebalanceRunId)).toEqual(await artifactOf(run));
    const named = { ...REQUEST, rebalanceRunId: 'run', correlationId: 'another' };
    expect((await service.record(named, null)).run.rebalanceRunId).toBe('run');
  });

  it.each([
    ['RUN_EXISTS', { rebalanceRunId: 'run', correlationId: 'another' }],
    ['CORRELATION_ID_TAKEN', { rebalanceRunId: 'another', correlationId: 'correlation' }],
  ])('shares no name with another: %s', async (code, names) => {
    await service.record({ ...REQUEST, rebalanceRunId: 'run' }, null);
    await expect(service.record({ ...REQUEST, ...names }, null)).rejects.toMatchObject({ code });
  });

  it('has a result of 1 MiB at most', async () => {
    // Two bytes are the quotes.
    const result = 'x'.repeat(1024 * 1024 - 1);
    await expect(service.record({ ...REQUEST, result }, null)).rejects.toMatchObject({
      code: 'DOCUMENT_TOO_LARGE',
    });
  });
});

describe('a run that is not there', () => {
  it.each([
    ['get', 'RUN_NOT_FOUND', () => service.get('none')],
    ['getByCorrelationId', 'RUN_NOT_FOUND', () => service.getByCorrelationId('none')],
    ['getByRequestHash', 'RUN_NOT_FOUND', () => service.getByRequestHash('none')],
    ['artifact', 'RUN_NOT_FOUND', () => service.artifact('none')],
    ['getByKey', 'IDEMPOTENCY_KEY_NOT_FOUND', () => service.getByKey('none')],
    ['keyHistory', 'IDEMPOTENCY_KEY_NOT_FOUND', () => service.keyHistory('none', 10)],
  ])('is not found by %s: %s', async (_, code, ask) => {
    await expect(ask()).rejects.toMatchObject({ code });
  });
});

describe('a page of runs', () => {
  it('names the next page only when there is one', async () => {
    for (const correlationId of ['1', '2', '3']) {
      await service.record({ ...REQUEST, correlationId }, null);
    }
    const first = await service.list({}, 2);
    expect([first.items.length, first.next]).toEqual([2, first.items[1]]);
    const { createdAt = '', rebalanceRunId = '' } = first.next ?? {};
    const second = await service.list({}, 2, { createdAt, id: rebalanceRunId });
    expect([second.items.length, second.next]).toEqual([1, null]);
    const all = await service.list({}, 3);
    expect([all.items.length, all.next]).toEqual([3, null]);
  });
});
