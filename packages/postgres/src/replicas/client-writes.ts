const MAX_CLIENTS = 10_000;

/**
 * When each client wrote last. Remembers as long as a replica may lag behind, and in bounded memory:
 * a client that is forgotten for want of room counts as having written later than it did.
 */
export class ClientWrites {
  /** Oldest write first. */
  readonly #writtenAt = new Map<string, number>();
  #forgottenUntil = -Infinity;

  /** @param memoryMs what was written longer ago is on every replica that is read from */
  constructor(
    private readonly memoryMs: number,
    private readonly mostClients = MAX_CLIENTS,
  ) {}

  get size(): number {
    return this.#writtenAt.size;
  }

  /** @param at `performance.now()`, never earlier than that of the call before */
  record(client: string, at: number): void {
    this.#writtenAt.delete(client);
    this.#writtenAt.set(client, at);
    for (const [oldest, writtenAt] of this.#writtenAt) {
      const isOver = at - writtenAt > this.memoryMs;
      if (!isOver && this.#writtenAt.size <= this.mostClients) break;
      this.#writtenAt.delete(oldest);
      if (!isOver) this.#forgottenUntil = writtenAt;
    }
  }

  /** @returns when the client last wrote, if any of the names is its; -Infinity for never */
  latest(names: readonly string[]): number {
    const known = names.map((name) => this.#writtenAt.get(name) ?? -Infinity);
    return Math.max(this.#forgottenUntil, ...known);
  }
}
