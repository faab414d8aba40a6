import { expect } from '@jest/globals';
import type { OperationStatus } from '../../../src/stores/dpm/operations/operation.js';
import { expectSame, type Query, send, type Subject, type Write } from './subject.js';

const OPERATIONS = '/rebalance/operations';
const NOT_ALLOWED = '409 OPERATION_MOVE_NOT_ALLOWED';

interface Operation {
  readonly operation_id: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

interface OperationRow extends Operation {
  readonly status: OperationStatus;
  readonly correlation_id: string;
  readonly result: string | object | null;
  readonly error: string | object | null;
}

/** Operations that several clients create, start and finish at once. */
export class Operations implements Subject {
  readonly #ids: string[] = [];
  readonly #started = new Map<string, Operation>();
  /** What each operation ended with: a write's name. */
  readonly #finished = new Map<string, string>();

  async write(write: Write): Promise<void> {
    // The latest are those that others are at as well.
    const recent = this.#ids.slice(-4);
    if (recent.length === 0 || write.random.oneIn(4)) return this.#create(write);
    const id = write.random.pick(recent);
    return write.random.oneIn(2) ? this.#start(write, id) : this.#finish(write, id);
  }

  async check(query: Query): Promise<void> {
    const operations = await query<OperationRow>('SELECT * FROM dpm_async_operations');
    expectSame(
      operations.map((each) => each.operation_id),
      this.#ids,
    );
    expect(new Set(operations.map((each) => each.correlation_id)).size).toBe(operations.length);
    for (const row of operations) {
      const ending = this.#finished.get(row.operation_id);
      expect(row.status).toBe(this.#statusOf(row.operation_id));
      expect(row.started_at).toBe(this.#started.get(row.operation_id)?.started_at ?? null);
      expect(row.finished_at !== null).toBe(ending !== undefined);
      const times = [row.created_at, row.started_at, row.finished_at].filter((at) => at !== null);
      expect(times).toEqual(times.toSorted());
      const failed = row.status === 'FAILED';
      expect(read(row.result)).toEqual(ending && !failed ? { write: ending } : null);
      expect(read(row.error)).toEqual(failed ? { code: 'FAILED', message: ending } : null);
    }
  }

  #statusOf(id: string): OperationStatus {
    const ending = this.#finished.get(id);
    if (ending !== undefined) return ending.endsWith('failed') ? 'FAILED' : 'SUCCEEDED';
    return this.#started.has(id) ? 'RUNNING' : 'PENDING';
  }

  async #create(write: Write): Promise<void> {
    const correlation_id = `operation-${this.#ids.length >> 1}-${write.random.below(3)}`;
    const reply = await send<Operation>(
      write,
      ['POST', OPERATIONS],
      { body: { operation_type: 'SHARED', correlation_id } },
      ['201', '409 CORRELATION_ID_TAKEN'],
    );
    if (reply.acknowledged) this.#ids.push(reply.body.operation_id);
  }

  async #start(write: Write, id: string): Promise<void> {
    const path = `${OPERATIONS}/${id}/start`;
    const reply = await send<Operation>(write, ['POST', path], {}, ['200', NOT_ALLOWED]);
    if (!reply.acknowledged) return;
    expect(this.#started.has(id)).toBe(false);
    this.#started.set(id, reply.body);
  }

  async #finish(write: Write, id: string): Promise<void> {
    const failed = write.random.oneIn(3);
    const ending = failed ? `${write.id} failed` : write.id;
    const reply = await send<Operation>(
      write,
      ['POST', `${OPERATIONS}/${id}/finish`],
      {
        body: failed
          ? { error: { code: 'FAILED', message: ending } }
          : { result: { write: ending } },
      },
      ['200', NOT_ALLOWED],
    );
    if (!reply.acknowledged) return;
    expect(this.#finished.has(id)).toBe(false);
    this.#finished.set(id, ending);
  }
}

function read(json: string | object | null): unknown {
  return typeof json === 'string' ? JSON.parse(json) : json;
}
