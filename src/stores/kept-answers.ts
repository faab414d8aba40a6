import type { RecordWith } from '@holdfast/postgres/entities/define-entity';
import type { keptAnswerColumns } from './kept-answer.entity.js';
import { Purgeable } from './purgeable.js';

/** The first answer to a request that came under an Idempotency-Key; once purged, the key is free. */
export type KeptAnswer = RecordWith<typeof keptAnswerColumns>;

/** Makes the answer that is kept from what a request will have written. */
export type Keep<Result> = (result: Result) => Promise<KeptAnswer>;

/** Another request has the key; what was to be written with it has not been written. */
export class KeyTakenError extends Error {
  constructor() {
    super('the idempotency key is taken');
  }
}

/**
 * The port of a store's kept answers. What writes takes the answer along and keeps it in the same
 * transaction: both are there, or none.
 */
export abstract class KeptAnswers extends Purgeable {
  abstract find(key: string): Promise<KeptAnswer | null>;

  /**
   * Keeps the answer to a request that had nothing to write.
   * @throws KeyTakenError
   */
  abstract keep(answer: KeptAnswer): Promise<void>;
}
