/** A change of a check, or of the whole: a failure that goes on for another reason is one, too. */
export interface Transition {
  /** RFC 3339: since when it is so. */
  readonly at: string;
  readonly ok: boolean;
  /** A reason code where it fails; null where it does not. */
  readonly code: string | null;
}

/** Kept of each: more than somebody looks back at, and so few that flapping takes no memory. */
const MOST_TRANSITIONS = 20;

/** The last changes of each check, in memory. */
export class Transitions {
  readonly #byName = new Map<string, Transition[]>();

  add(name: string, transition: Transition): void {
    const known = this.#byName.get(name) ?? [];
    this.#byName.set(name, [...known, transition].slice(-MOST_TRANSITIONS));
  }

  /** Oldest first; empty for what has not changed since the start. */
  of(name: string): readonly Transition[] {
    return this.#byName.get(name) ?? [];
  }
}
