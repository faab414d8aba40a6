import type { ServerResponse } from 'node:http';

/**
 * The responses that are still to be sent on a socket, in the order of their requests. Nearly always there is one, and
 * then nothing is hashed or allocated for it, as a `Set` would.
 */
export class Unanswered implements Iterable<ServerResponse> {
  #first: ServerResponse | undefined;
  readonly #behind: ServerResponse[] = [];

  get size(): number {
    return this.#first ? 1 + this.#behind.length : 0;
  }

  add(response: ServerResponse): void {
    if (this.#first) this.#behind.push(response);
    else this.#first = response;
  }

  delete(response: ServerResponse): void {
    if (response === this.#first) {
      this.#first = this.#behind.shift();
      return;
    }
    const at = this.#behind.indexOf(response);
    if (at >= 0) this.#behind.splice(at, 1);
  }

  *[Symbol.iterator](): Iterator<ServerResponse> {
    if (this.#first) yield this.#first;
    yield* this.#behind;
  }
}
