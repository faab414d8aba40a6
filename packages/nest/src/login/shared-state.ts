import { type SharedTexts, SharedTextsAway } from './shared-texts.js';

/** Entries that a process keeps: more than can be made within their time, for each costs a hash (`HashGate`). */
const MOST_ENTRIES = 50_000;
/** Of changes that others make at the same moment. */
const MOST_TRIES = 10;

/** What a state is like; all of it pure. */
export interface StateRules<T> {
  /** @returns undefined for what is none */
  parse(text: string): T | undefined;
  stringify(state: T): string;
  /** What two instances know that have not heard of each other. */
  merge(one: T, other: T): T;
  /** Milliseconds since the epoch, from which on it says nothing any more. */
  until(state: T): number;
}

export interface Change<T, R> {
  /** Undefined for none any more. */
  readonly state: T | undefined;
  readonly result: R;
}

/**
 * States by key, which all instances share in Redis. Each keeps what it has seen: while Redis is away it goes on with
 * that, and when Redis is back, empty or not, what it has then is told there.
 */
export class SharedState<T> {
  readonly #own = new Map<string, T>();
  /** Keys of which Redis may not have what this instance has. */
  readonly #untold = new Set<string>();

  /** @param shared null where there is no Redis */
  constructor(
    private readonly prefix: string,
    private readonly rules: StateRules<T>,
    private readonly shared: SharedTexts | null,
  ) {
    shared?.watch(
      () => {
        for (const key of this.#own.keys()) this.#untold.add(key);
      },
      () => void this.#tellAll(shared),
    );
  }

  /** What this instance knows. */
  known(key: string): T | undefined {
    const state = this.#own.get(key);
    if (state === undefined || this.rules.until(state) > Date.now()) return state;
    this.#drop(key);
    return undefined;
  }

  /** @param change pure; asked again where others have changed it meanwhile; told whether Redis is away */
  async update<R>(
    key: string,
    change: (state: T | undefined, isAlone: boolean) => Change<T, R>,
  ): Promise<R> {
    const { shared } = this;
    if (shared) {
      try {
        return await this.#updateShared(shared, key, change);
      } catch (error) {
        if (!(error instanceof SharedTextsAway)) throw error;
      }
    }
    const { state, result } = change(this.known(key), shared !== null);
    this.#keep(key, state);
    if (shared && state !== undefined) this.#untold.add(key);
    return result;
  }

  async #updateShared<R>(
    shared: SharedTexts,
    key: string,
    change: (state: T | undefined, isAlone: boolean) => Change<T, R>,
  ): Promise<R> {
    const place = `${this.prefix}:${key}`;
    let found = await shared.read(place);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { state, result } = change(this.#merged(key, found), false);
      const next = state === undefined ? undefined : this.rules.stringify(state);
      const expiryMs = state === undefined ? 0 : this.rules.until(state) - Date.now();
      const before =
        (next ?? '') === found ? found : await shared.replace(place, found, next, expiryMs);
      if (before === found) {
        this.#keep(key, state);
        this.#untold.delete(key);
        return result;
      }
      found = before;
    }
    throw new SharedTextsAway('others change it all the time');
  }

  #merged(key: string, text: string): T | undefined {
    const own = this.#untold.has(key) ? this.known(key) : undefined;
    const stored = this.rules.parse(text);
    const isOver = stored === undefined || this.rules.until(stored) <= Date.now();
    if (isOver) return own;
    return own === undefined ? stored : this.rules.merge(own, stored);
  }

  async #tellAll(shared: SharedTexts): Promise<void> {
    try {
      for (const key of [...this.#untold]) {
        await this.#updateShared(shared, key, (state) => ({ state, result: undefined }));
      }
    } catch (error) {
      // It is away again: what is left stays untold.
      if (!(error instanceof SharedTextsAway)) throw error;
    }
  }

  #keep(key: string, state: T | undefined): void {
    this.#own.delete(key);
    if (state === undefined) return;
    this.#own.set(key, state);
    if (this.#own.size <= MOST_ENTRIES) return;
    const [oldest] = this.#own.keys();
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(key: string): void {
    this.#own.delete(key);
    this.#untold.delete(key);
  }
}
