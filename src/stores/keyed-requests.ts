import { Injectable } from '@nestjs/common';
import { ReasonError } from './stores.reasons.js';
import { readStoredJson, writeJson } from '@holdfast/core/json';
import type { Answered, RequestKey } from '@holdfast/core/request-key';
import { type Keep, type KeptAnswer, KeptAnswers, KeyTakenError } from './kept-answers.js';

/** A key that was taken and cannot be found was purged in between: it is free again. */
const ATTEMPTS = 3;

export interface Writing<Result> {
  /** Writes, and keeps with it what `keep` makes of the result. */
  readonly write: (keep?: Keep<Result>) => Promise<Result>;
  readonly bodyOf: (result: Result) => object;
  /** Whether anything was written, and the answer kept with it; absent: always. */
  readonly wrote?: (result: Result) => boolean;
}

/** Carries out a request that names itself by an Idempotency-Key once, however often it is sent. */
@Injectable()
export class KeyedRequests {
  constructor(private readonly answers: KeptAnswers) {}

  /**
   * Writes and answers, or answers as the first time when the request has been carried out before.
   * What is refused is not kept: it may be sent again under its key.
   * @param request null for a request without a key
   * @throws IDEMPOTENCY_KEY_CONFLICT when the key names another request
   */
  async answer<Result>(
    request: RequestKey | null,
    writing: Writing<Result>,
  ): Promise<Answered<Result>> {
    if (!request) {
      const result = await writing.write();
      return { replayed: false, body: writing.bodyOf(result), result };
    }
    const known = await this.#replay(request);
    if (known) return known;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        return await this.#carryOut(request, writing);
      } catch (error) {
        if (!mayBeCarriedOut(error)) throw error;
        const first = await this.#replay(request);
        if (first) return first;
        if (!(error instanceof KeyTakenError)) throw error;
      }
    }
    throw new ReasonError('RECORD_CONTENDED', { detail: 'the key was taken and freed repeatedly' });
  }

  async #carryOut<Result>(
    request: RequestKey,
    { write, bodyOf, wrote }: Writing<Result>,
  ): Promise<Answered<Result>> {
    const keep = async (result: Result): Promise<KeptAnswer> => ({
      ...request,
      answer: await writeJson(bodyOf(result)),
      createdAt: new Date().toISOString(),
    });
    const result = await write(keep);
    if (wrote && !wrote(result)) await this.answers.keep(await keep(result));
    return { replayed: false, body: bodyOf(result), result };
  }

  async #replay({ key, requestHash }: RequestKey): Promise<Answered<never> | null> {
    const kept = await this.answers.find(key);
    if (!kept) return null;
    if (kept.requestHash !== requestHash) throw new ReasonError('IDEMPOTENCY_KEY_CONFLICT');
    return { replayed: true, body: (await readStoredJson(kept.answer)) as object };
  }
}

/** What another process has done for the same request in the meantime looks like a refusal. */
function mayBeCarriedOut(error: unknown): boolean {
  if (error instanceof KeyTakenError) return true;
  return error instanceof ReasonError && (error.reason.status ?? 500) < 500;
}
