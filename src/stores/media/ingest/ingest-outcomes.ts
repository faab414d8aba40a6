import '../media.reasons.js';
import { Inject, Injectable } from '@nestjs/common';
import { DurationHistogram } from '@holdfast/core/duration-histogram';
import { LOG, type Log } from '@holdfast/core/log';
import { asReason } from '@holdfast/nest/http/problem';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import type { PhotoResult, PhotoRun } from './photo-run.js';
import '../media.log-fields.js';

/** From a photo that is given back to the longest time that a request may be given. */
const BOUNDS_SECONDS = [1, 5, 10, 20, 30, 40, 48, 60] as const;

/** What became of a photo: `refused` for what its sender has done, `failed` for what the provider or the service has. */
const OUTCOMES = ['done', 'repeated', 'timeout', 'failed', 'refused', 'abandoned', 'busy'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Counts and tells how photos end. Slots are a few dozen: each is kept for good. */
@Injectable()
export class IngestOutcomes {
  readonly #counts = new Map<string, Map<Outcome, number>>();
  readonly #durations = new DurationHistogram(BOUNDS_SECONDS);

  constructor(
    @Inject(LOG) private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.register(
      {
        name: 'holdfast_media_ingest_total',
        help: 'Photos that were sent to a slot, by what became of them.',
        type: 'counter',
        labels: ['slot', 'outcome'],
        read: () =>
          [...this.#counts].flatMap(([slot, outcomes]) =>
            [...outcomes].map(([outcome, value]) => ({ labels: { slot, outcome }, value })),
          ),
      },
      {
        name: 'holdfast_media_ingest_duration_seconds',
        help: 'From the begin of a request with a photo to the begin of its answer.',
        type: 'histogram',
        labels: [],
        read: () => [{ labels: {}, value: this.#durations.read() }],
      },
    );
  }

  succeeded(run: PhotoRun, { object }: PhotoResult): void {
    this.#told(run, run.isRepetition ? 'repeated' : 'done', object.bytes);
  }

  failed(run: PhotoRun, error: unknown): void {
    const code = codeOf(error);
    this.#told(run, outcomeOf(code, asReason(error).reason.status ?? 500), run.photo?.bytes, code);
  }

  /** A photo that is not even begun with. @param slot one that there is */
  busy(slot: string): void {
    this.#count(slot, 'busy');
  }

  #told(run: PhotoRun, outcome: Outcome, bytes: number | undefined, code?: string): void {
    const durationMs = Math.round(Date.now() - run.startedAt);
    this.#count(run.plan.slot.id, outcome);
    this.#durations.record(durationMs);
    this.log.info({
      event: 'ingest.completed',
      ...(run.job && { job_id: run.jobId }),
      slot_id: run.plan.slot.id,
      outcome,
      code,
      bytes,
      duration_ms: durationMs,
    });
  }

  #count(slot: string, outcome: Outcome): void {
    const counts = this.#counts.get(slot) ?? new Map(OUTCOMES.map((each) => [each, 0]));
    this.#counts.set(slot, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}

/** The reason code of whatever went wrong. */
export function codeOf(error: unknown): string {
  return asReason(error).code;
}

function outcomeOf(code: string, status: number): Outcome {
  if (code === 'PROVIDER_TIMEOUT') return 'timeout';
  if (code === 'REQUEST_ABANDONED') return 'abandoned';
  if (code === 'PROVIDER_RATE_LIMITED') return 'failed';
  return status < 500 ? 'refused' : 'failed';
}
