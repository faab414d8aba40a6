import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { currentRequest } from '@holdfast/core/served-request';
import { JobRepository } from '../jobs/job.repository.js';
import { ReasonError } from '../media.reasons.js';

/** Milliseconds between two of them, of all photos together: one statement. */
const BEAT_MS = 2000;

/**
 * Milliseconds without one after which this process gives a photo up itself: whoever waits for it may take it over
 * after `SILENT_MS`, and it is never worked on by two.
 */
const GIVEN_UP_MS = 10_000;

/** Milliseconds, by the clock of whoever waits, for which the process of a job is silent before it is taken for gone. */
export const SILENT_MS = 14_000;

interface Held {
  readonly giveUp: (why: ReasonError) => void;
  /** `performance.now()` before the last that the database has taken. */
  beatenAt: number;
}

/** Tells those who have sent a photo once more, under its key, that this process works on it. */
@Injectable()
export class KeyBeats implements OnModuleDestroy {
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;
  #isBeating = false;

  constructor(private readonly jobs: JobRepository) {}

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  /**
   * @param claimedAt `performance.now()` before the job was given its key
   * @param giveUp is told, at once or later, that the job may be another process's: nothing more is done for it
   * @returns what ends it
   */
  hold(jobId: string, claimedAt: number, giveUp: Held['giveUp']): () => void {
    this.#held.set(jobId, { giveUp, beatenAt: claimedAt });
    this.#loseOverdue();
    this.#timer ??= setInterval(() => {
      this.#loseOverdue();
      void this.#beat();
    }, BEAT_MS).unref();
    return () => {
      this.#held.delete(jobId);
      if (this.#held.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #loseOverdue(): void {
    const now = performance.now();
    for (const [jobId, { beatenAt }] of this.#held)
      if (now - beatenAt > GIVEN_UP_MS) this.#lose(jobId, 'the database has not answered for long');
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#held.size === 0) return;
    this.#isBeating = true;
    const [ids, beatenAt] = [[...this.#held.keys()], performance.now()];
    try {
      // For no request: the timer is that of the first, which may be over.
      const kept = await currentRequest.run(undefined, () => this.jobs.beat(ids));
      for (const id of ids) {
        const held = this.#held.get(id);
        if (held && kept.has(id)) held.beatenAt = beatenAt;
        else if (held) this.#lose(id, 'the photo has been taken over by another request');
      }
    } catch {
      // Where it lasts, the photos are given up; the database's own check tells why.
    } finally {
      this.#isBeating = false;
    }
  }

  #lose(jobId: string, detail: string): void {
    const held = this.#held.get(jobId);
    this.#held.delete(jobId);
    held?.giveUp(new ReasonError('DATABASE_UNAVAILABLE', { detail }));
  }
}
