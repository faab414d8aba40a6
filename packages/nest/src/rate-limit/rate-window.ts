import type { WindowBounds } from './shared-counts.js';

/** Clients that one window keeps apart; further ones have one share between them. */
const MOST_CLIENTS = 50_000;

interface Known {
  /** Requests that were counted by all instances together, as far as this one knows. */
  total: number;
  /** What this instance grants by itself: all in all, and so far. */
  share: number | undefined;
  granted: number;
  stalls: number;
}

/** The decision on a request of a client. */
export interface Verdict {
  readonly granted: boolean;
  readonly remaining: number;
}

/** What this instance knows and has granted in one window. */
export class RateWindow implements WindowBounds {
  readonly #clients = new Map<string, Known>();
  readonly #others = unknown();
  /** It has granted requests that nobody else has counted. */
  isAlone = false;
  /** How often Redis had stalled: what was granted in an earlier stall has been counted since. */
  stalls = 0;

  constructor(
    readonly start: number,
    readonly end: number,
  ) {}

  totalOf(client: string): number {
    return this.#clients.get(client)?.total ?? 0;
  }

  learn(client: string, total: number): void {
    const known = this.#clients.get(client) ?? this.#add(client);
    if (known) known.total = Math.max(known.total, total);
  }

  /** @param shareOf what may be granted without an answer, given how many requests were counted */
  takeShare(client: string, shareOf: (total: number) => number): Verdict {
    const known = this.#clients.get(client) ?? this.#add(client) ?? this.#others;
    if (known.share === undefined || known.stalls !== this.stalls) {
      known.share = shareOf(known.total);
      known.granted = 0;
      known.stalls = this.stalls;
    }
    const granted = known.granted < known.share;
    if (granted) known.granted += 1;
    return { granted, remaining: known.share - known.granted };
  }

  #add(client: string): Known | undefined {
    if (this.#clients.size >= MOST_CLIENTS) return undefined;
    const known = unknown();
    this.#clients.set(client, known);
    return known;
  }
}

function unknown(): Known {
  return { total: 0, share: undefined, granted: 0, stalls: 0 };
}
