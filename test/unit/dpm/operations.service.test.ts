import { describe, expect, it } from '@jest/globals';
import { MemoryOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.memory.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { OperationsService } from '../../../src/stores/dpm/operations/operations.service.js';

/** Someone else who acts between a read and the write that follows it. */
class Interrupted extends MemoryOperationRepository {
  interrupt: () => Promise<unknown> = () => Promise.resolve();

  override async find(operationId: string) {
    const found = await super.find(operationId);
    const { interrupt } = this;
    this.interrupt = () => Promise.resolve();
    await interrupt();
    return found;
  }
}

const REQUEST = { operationType: 'type', correlationId: null, rebalanceRunId: null };

describe('someone who is faster', () => {
  const repository = new Interrupted(new MemoryKeptAnswers());
  const service = new OperationsService(repository);

  it('by starting an operation leaves nothing to start', async () => {
    const { operationId } = await service.create(REQUEST);
    repository.interrupt = () => service.start(operationId);
    await expect(service.start(operationId)).rejects.toMatchObject({
      code: 'OPERATION_MOVE_NOT_ALLOWED',
      message: 'from RUNNING to RUNNING',
    });
  });

  it('by finishing an operation keeps the ending', async () => {
    const { operationId } = await service.create(REQUEST);
    await service.start(operationId);
    repository.interrupt = () => service.finish(operationId, { result: 'theirs' });
    const error = { code: 'MINE', message: '' };
    await expect(service.finish(operationId, { error })).rejects.toMatchObject({
      code: 'OPERATION_MOVE_NOT_ALLOWED',
      message: 'from SUCCEEDED to FAILED',
    });
    expect(await service.get(operationId)).toMatchObject({
      status: 'SUCCEEDED',
      result: 'theirs',
    });
  });

  it('by purging an operation leaves none', async () => {
    const { operationId } = await service.create(REQUEST);
    await service.start(operationId);
    repository.interrupt = async () => {
      await service.finish(operationId, { result: null });
      await repository.purge('9999-12-31T23:59:59.999Z', 10);
    };
    await expect(service.finish(operationId, { result: null })).rejects.toMatchObject({
      code: 'OPERATION_NOT_FOUND',
    });
  });
});

describe('the operations service', () => {
  const service = new OperationsService(new MemoryOperationRepository(new MemoryKeptAnswers()));

  it('finds an operation by the correlation id that it has made', async () => {
    const operation = await service.create(REQUEST);
    expect(await service.getByCorrelationId(operation.correlationId)).toEqual(operation);
    await expect(service.getByCorrelationId('none')).rejects.toMatchObject({
      code: 'OPERATION_NOT_FOUND',
    });
  });

  it('takes a result of 1 MiB and not a byte more', async () => {
    const { operationId } = await service.create(REQUEST);
    await service.start(operationId);
    // Two bytes are the quotes.
    const largest = 'x'.repeat(1024 * 1024 - 2);
    await expect(service.finish(operationId, { result: `${largest}x` })).rejects.toMatchObject({
      code: 'DOCUMENT_TOO_LARGE',
    });
    expect(await service.get(operationId)).toMatchObject({ status: 'RUNNING' });
    const finished = await service.finish(operationId, { result: largest });
    expect(finished).toMatchObject({ status: 'SUCCEEDED', result: largest });
  });

  it('names the next page only when there is one', async () => {
    const operationType = 'paged';
    for (const _ of [1, 2, 3]) await service.create({ ...REQUEST, operationType });
    const first = await service.list({ operationType }, 2);
    expect([first.items.length, first.next]).toEqual([2, first.items[1]]);
    const { createdAt = '', operationId = '' } = first.next ?? {};
    const second = await service.list({ operationType }, 2, { createdAt, id: operationId });
    expect([second.items.length, second.next]).toEqual([1, null]);
    const all = await service.list({ operationType }, 3);
    expect([all.items.length, all.next]).toEqual([3, null]);
  });
});
