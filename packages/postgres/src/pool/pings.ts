import { SLOW_LOGIN_MS } from './logins.js';
import type { PooledClient } from './pooled-client.js';

/** Connections that were idle and are asked whether they are still alive. */
export class Pings {
  readonly #inFlight = new Set<PooledClient>();
  #slow = 0;

  /** Those that will probably be answered soon. */
  get promptCount(): number {
    return this.#inFlight.size - this.#slow;
  }

  all(): readonly PooledClient[] {
    return [...this.#inFlight];
  }

  /** @returns whether it is alive. @param onLate called when the answer takes long */
  async ping(client: PooledClient, onLate: () => void): Promise<boolean> {
    this.#inFlight.add(client);
    const ping = { isLate: false };
    // A plain timer: it fails nothing, and only lets others be tried besides.
    const timer = setTimeout(() => {
      ping.isLate = true;
      this.#slow += 1;
      onLate();
    }, SLOW_LOGIN_MS);
    const isAlive = await client.isAlive();
    clearTimeout(timer);
    this.#inFlight.delete(client);
    if (ping.isLate) this.#slow -= 1;
    return isAlive;
  }
}
