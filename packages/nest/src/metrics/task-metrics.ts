import { Injectable } from '@nestjs/common';
import { DurationHistogram } from '@holdfast/core/duration-histogram';
import { Counts, type Metric } from '@holdfast/core/metric';

const OUTCOMES = ['done', 'skipped', 'failed'] as const;

/** `skipped` where another process has done it, or is at it. */
export type TaskOutcome = (typeof OUTCOMES)[number];

interface Task {
  readonly runs: Counts<TaskOutcome>;
  readonly durations: DurationHistogram;
  /** Unix time in seconds. */
  lastSuccess: number | undefined;
}

/** What becomes of the work that the process does again and again, such as purging; an application's own as well. */
@Injectable()
export class TaskMetrics {
  readonly #tasks = new Map<string, Task>();

  /** Called where a task is scheduled: its counters begin with 0 then, so that the first failure shows. */
  declare(name: string): void {
    this.#tasks.set(name, {
      runs: new Counts(OUTCOMES),
      durations: new DurationHistogram(),
      lastSuccess: undefined,
    });
  }

  /** @throws TypeError for a task that has not been declared */
  record(name: string, outcome: TaskOutcome, durationMs: number): void {
    const task = this.#tasks.get(name);
    if (!task) throw new TypeError(`the task ${name} has not been declared`);
    task.runs.add(outcome);
    if (outcome === 'skipped') return;
    task.durations.record(durationMs);
    if (outcome === 'done') task.lastSuccess = Date.now() / 1000;
  }

  metrics(): readonly Metric[] {
    return [
      {
        name: 'holdfast_task_runs_total',
        help: 'Runs of what the process does again and again, by what became of them.',
        type: 'counter',
        labels: ['task', 'outcome'],
        read: () =>
          [...this.#tasks].flatMap(([task, { runs }]) =>
            runs
              .read('outcome')
              .map(({ labels, value }) => ({ labels: { task, ...labels }, value })),
          ),
      },
      {
        name: 'holdfast_task_duration_seconds',
        help: 'How long these took that were not skipped.',
        type: 'histogram',
        labels: ['task'],
        read: () =>
          [...this.#tasks].map(([task, { durations }]) => ({
            labels: { task },
            value: durations.read(),
          })),
      },
      {
        name: 'holdfast_task_last_success_timestamp_seconds',
        help: 'When each was done last by this process, in Unix time; none before the first time.',
        type: 'gauge',
        labels: ['task'],
        read: () =>
          [...this.#tasks].flatMap(([task, { lastSuccess }]) =>
            lastSuccess === undefined ? [] : [{ labels: { task }, value: lastSuccess }],
          ),
      },
    ];
  }
}
