import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { jittered } from '@holdfast/core/jitter';
import type { Log } from '@holdfast/core/log';
import type { TaskMetrics, TaskOutcome } from '@holdfast/nest/metrics/task-metrics';
import { requestFault } from '@holdfast/postgres/faults/request-fault';
import { ReasonError } from './stores.reasons.js';

/** Node takes a longer pause for none. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;

interface TaskDescription {
  /** Its name in metrics. */
  readonly task: string;
  readonly store: string;
  /** First word of its lines in the log. */
  readonly event: 'purge' | 'cleanup';
  /** 0: never. */
  readonly intervalSeconds: number;
}

/**
 * What a process does for a store every so many seconds, somewhat earlier or later so that replicas started
 * together do not ask at once. A replica that finds another at work waits for its next turn.
 */
export abstract class RepeatedTask implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly described: TaskDescription,
    protected readonly log: Log,
    private readonly tasks: TaskMetrics,
  ) {}

  /**
   * Ends early, with what is done, when the signal is aborted; tells in the log what it has done.
   * @throws PURGE_UNDER_WAY when another process is at it
   */
  protected abstract work(signal: AbortSignal): Promise<void>;

  onApplicationBootstrap(): void {
    if (this.described.intervalSeconds === 0) return;
    this.tasks.declare(this.described.task);
    this.#schedule();
  }

  /** Ends with the batch that is under way. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    const pause = jittered(this.described.intervalSeconds * 1000, 0.75, 1.25);
    this.#timer = setTimeout(
      () => {
        this.#running = this.#run().finally(() => {
          if (!this.#stopping.signal.aborted) this.#schedule();
        });
      },
      Math.min(pause, LONGEST_PAUSE_MS),
    );
  }

  async #run(): Promise<void> {
    const { event, store, task } = this.described;
    const startedAt = performance.now();
    const ended = (outcome: TaskOutcome) => {
      this.tasks.record(task, outcome, performance.now() - startedAt);
    };
    try {
      await this.work(this.#stopping.signal);
      ended('done');
    } catch (error) {
      const code = codeOf(error);
      ended(code === 'PURGE_UNDER_WAY' ? 'skipped' : 'failed');
      if (code === 'PURGE_UNDER_WAY') this.log.debug({ event: `${event}.skipped`, store, code });
      else this.log.error({ event: `${event}.failed`, store, code, err: error });
    }
  }
}

function codeOf(error: unknown): string {
  if (error instanceof ReasonError) return error.code;
  return requestFault(error) ?? 'INTERNAL_ERROR';
}
