import { inspect } from 'node:util';

const MASK = '***';

/**
 * A value that must not be seen: it turns into `***` wherever it is printed, logged, inspected or
 * serialised. The text itself comes out only through `reveal()`, which belongs next to the driver.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
