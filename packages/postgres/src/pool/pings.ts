import { LATE_MS } from './logins.js';
import type { PooledClient } from './pooled-client.js';

/** Connections that were idle and are asked whether they are still alive. */
export class Pings {
  readonly #underWay = new Set<PooledClient>();
  #late = 0;

  /** Those that will probably be answered soon. */
  get prompt(): number {
    return this.#underWay.size - this.#late;
  }

  all(): readonly PooledClient[] {
    return [...this.#underWay];
  }

  /** @returns whether it is alive. @param onLate called when the answer takes long */
  async ask(client: PooledClient, onLate: () => void): Promise<boolean> {
    this.#underWay.add(client);
    const ping = { isLate: false };
    const timer = setTimeout(() => {
      ping.isLate = true;
      this.#late += 1;
      onLate();
    }, LATE_MS);
    const isAlive = await client.isSound();
    clearTimeout(timer);
    this.#underWay.delete(client);
    if (ping.isLate) this.#late -= 1;
    return isAlive;
  }
}
