import type { Deprecation } from './deprecation.js';
import type { DurationCounts } from './duration-histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** What is read when somebody asks, in Prometheus' terms. Labels take few values: each pair is kept for good. */
export type Metric = Counted | Timed;

interface Described {
  /** With the unit at its end, as Prometheus wants it: `_seconds`, `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Set where it goes away; its help says so. */
  readonly deprecated?: Deprecation;
}

interface Counted extends Described {
  /** A counter only grows while the process lives. */
  readonly type: 'counter' | 'gauge';
  readonly read: () => readonly Sample<number>[] | Promise<readonly Sample<number>[]>;
}

interface Timed extends Described {
  readonly type: 'histogram';
  readonly read: () => readonly Sample<DurationCounts>[];
}

export interface Sample<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

/** As it stands between quotes in Prometheus' text format. */
export function labelValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** A counter for each value of one label. */
export class Counts<Label extends string = string> {
  readonly #counts = new Map<Label, number>();

  /** @param known those that are 0 until they are counted, so that the first one shows as an increase */
  constructor(known: readonly Label[] = []) {
    for (const each of known) this.#counts.set(each, 0);
  }

  add(label: Label, count = 1): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + count);
  }

  read(name: string): readonly Sample<number>[] {
    return [...this.#counts].map(([label, value]) => ({ labels: { [name]: label }, value }));
  }
}
