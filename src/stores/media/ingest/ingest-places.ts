import { ReasonError } from '../media.reasons.js';

/** Seconds after which it is worth trying again: most photos take longer, but many are at work. */
const RETRY_SECONDS = 2;

/** Where one photo is worked on. */
export class IngestPlace {
  /** Whether its sender has proved who it is. */
  isAdmitted = false;
  readonly #lost = new AbortController();

  /** @param network of the sender's address */
  constructor(readonly network: string) {}

  /** Is aborted with INGEST_BUSY when another sender has got the place. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  lose(): void {
    this.#lost.abort(busy());
  }
}

/** How many photos this process works on at once. */
export class IngestPlaces {
  readonly #taken = new Set<IngestPlace>();

  /** @param most INGEST_PARALLEL */
  constructor(private readonly most: number) {}

  get taken(): number {
    return this.#taken.size;
  }

  /**
   * Where all are taken, one network's senders who have proved nothing yet do not keep out another's, who has fewer of
   * them: the one who came first loses the place (max-min fairness). Who is admitted keeps it.
   * @throws INGEST_BUSY
   */
  take(network: string): IngestPlace {
    if (this.#taken.size >= this.most) this.#makeRoomFor(network);
    const place = new IngestPlace(network);
    this.#taken.add(place);
    return place;
  }

  leave(place: IngestPlace): void {
    this.#taken.delete(place);
  }

  #makeRoomFor(network: string): void {
    const unproved = new Map<string, IngestPlace[]>([[network, []]]);
    for (const place of this.#taken) {
      if (place.isAdmitted) continue;
      const others = unproved.get(place.network);
      if (others) others.push(place);
      else unproved.set(place.network, [place]);
    }
    const own = unproved.get(network) ?? [];
    const [most = []] = [...unproved.values()].toSorted((one, other) => other.length - one.length);
    const [first] = most;
    // With one more than the other it would be the other's turn next.
    if (!first || most.length <= own.length + 1) throw busy();
    this.leave(first);
    first.lose();
  }
}

function busy(): ReasonError {
  return new ReasonError('INGEST_BUSY', { retryAfterSeconds: RETRY_SECONDS });
}
