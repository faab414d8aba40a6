import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.memory.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { LineageService } from '../../../src/stores/dpm/lineage/lineage.service.js';

const REQUEST = { source: 'run', edgeType: 'MADE', target: 'order', metadata: { a: 1, b: [2] } };
/** In bytes of JSON: one of the two quotes is part of each end. */
const textOf = (bytes: number): string => 'x'.repeat(bytes - 2);

let service: LineageService;
beforeEach(() => {
  service = new LineageService(new MemoryLineageRepository(new MemoryKeptAnswers()));
});

describe('append', () => {
  it('stores an edge under an identifier of its own', async () => {
    const { edge, appended } = await service.append(REQUEST);
    expect(appended).toBe(true);
    expect(edge).toEqual({
      ...REQUEST,
      edgeId: expect.stringMatching(/^[\da-f-]{36}$/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
    });
    expect((await service.edgesOf('run', 'outgoing', 10)).items).toEqual([edge]);
  });

  it('returns the edge that is there when the metadata is written otherwise', async () => {
    const { edge } = await service.append(REQUEST);
    const again = await service.append({ ...REQUEST, metadata: { b: [2], a: 1 } });
    expect(again).toEqual({ edge, appended: false });
  });

  it('refuses an edge that is there with other metadata', async () => {
    await service.append(REQUEST);
    await expect(service.append({ ...REQUEST, metadata: { a: 1 } })).rejects.toMatchObject({
      code: 'LINEAGE_EDGE_CONFLICT',
    });
  });

  it('takes metadata of 64 KiB and not a byte more', async () => {
    const { appended } = await service.append({ ...REQUEST, metadata: textOf(65_536) });
    expect(appended).toBe(true);
    const larger = { ...REQUEST, target: 'other', metadata: textOf(65_537) };
    await expect(service.append(larger)).rejects.toMatchObject({
      code: 'LINEAGE_METADATA_TOO_LARGE',
    });
    expect((await service.edgesOf('other', 'both', 10)).items).toEqual([]);
  });
});

describe.each([
  ['edges', () => service.edgesOf('run', 'outgoing', 2)],
  ['walked edges', () => service.walk('run', 'outgoing', 3, 2)],
] as const)('%s up to a limit', (_, read) => {
  const append = async (...targets: string[]) => {
    for (const target of targets) await service.append({ ...REQUEST, target });
  };

  it('are all there are when they are as many as the limit', async () => {
    await append('1', '2');
    const { items, truncated } = await read();
    expect([items.length, truncated]).toEqual([2, false]);
  });

  it('are said to be truncated when there is one more', async () => {
    await append('1', '2', '3');
    const { items, truncated } = await read();
    expect([items.length, truncated]).toEqual([2, true]);
  });
});
