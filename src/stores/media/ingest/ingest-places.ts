import { ReasonError } from '../media.reasons.js';

/** Seconds after which it is worth trying again: most photos take longer, but many are at work. */
const RETRY_SECONDS = 2;

/** How many photos this process works on at once. */
export class IngestPlaces {
  #taken = 0;

  /** @param most INGEST_PARALLEL */
  constructor(private readonly most: number) {}

  get taken(): number {
    return this.#taken;
  }

  /** @returns what gives the place back, once @throws INGEST_BUSY */
  take(): () => void {
    if (this.#taken >= this.most)
      throw new ReasonError('INGEST_BUSY', { retryAfterSeconds: RETRY_SECONDS });
    this.#taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken -= 1;
      isTaken = false;
    };
  }
}
