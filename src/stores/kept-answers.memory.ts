import { Injectable } from '@nestjs/common';
import type { Instant } from '@holdfast/core/instant';
import { type KeptAnswer, KeptAnswers, KeyTakenError } from './kept-answers.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryKeptAnswers extends KeptAnswers {
  /** In the order in which they were kept. */
  readonly #answers = new Map<string, KeptAnswer>();

  async find(key: string): Promise<KeptAnswer | null> {
    await Promise.resolve();
    return this.#answers.get(key) ?? null;
  }

  async keep(answer: KeptAnswer): Promise<void> {
    await Promise.resolve();
    this.refuseTaken(answer);
    this.set(answer);
  }

  /** Before anything is written. @throws KeyTakenError */
  refuseTaken(answer: KeptAnswer | undefined): void {
    if (answer && this.#answers.has(answer.key)) throw new KeyTakenError();
  }

  /** With what is written. */
  set(answer: KeptAnswer | undefined): void {
    if (answer) this.#answers.set(answer.key, { ...answer });
  }

  async countExpired(before: Instant): Promise<number> {
    await Promise.resolve();
    return this.#expired(before).length;
  }

  async purge(before: Instant, limit: number): Promise<number> {
    await Promise.resolve();
    const purged = this.#expired(before).slice(0, limit);
    for (const { key } of purged) this.#answers.delete(key);
    return purged.length;
  }

  #expired(before: Instant): KeptAnswer[] {
    return [...this.#answers.values()].filter(({ createdAt }) => createdAt < before);
  }
}
