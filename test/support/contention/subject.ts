import { expect } from '@jest/globals';
import type { HttpClient } from '../http-client.js';

/** Rows of the database that all processes share, times as texts. */
export type Query = <Row extends object>(sql: string) => Promise<readonly Row[]>;

/** One write: where it is sent, and a name that no other write has. */
export interface Write {
  readonly client: HttpClient;
  readonly random: Random;
  readonly id: string;
}

/** Records that many clients change at once, and how to tell afterwards that nothing was lost. */
export interface Subject {
  /** Sends one write; fails when the answer is none that the route documents for a race. */
  write(write: Write): Promise<void>;
  /** Compares every row with what was acknowledged. */
  check(query: Query, client: HttpClient): Promise<void>;
}

/** An answer that was expected. */
export interface Reply<Body> {
  /** For example `201`, or `409 STATE_CONFLICT`. */
  readonly outcome: string;
  readonly acknowledged: boolean;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends a write as JSON. @param outcomes every answer that may come of it */
export async function send<Body>(
  { client }: Write,
  [method, path]: readonly [method: string, path: string],
  { body, headers }: { readonly body?: object; readonly headers?: Record<string, string> },
  outcomes: readonly string[],
): Promise<Reply<Body>> {
  const answer = await client.send(method, path, body && JSON.stringify(body), headers);
  const parsed = (answer.text === '' ? null : JSON.parse(answer.text)) as Body;
  const { code } = (answer.status >= 400 ? parsed : {}) as { readonly code?: string };
  const outcome = code === undefined ? String(answer.status) : `${answer.status} ${code}`;
  if (!outcomes.includes(outcome)) throw new Error(`${method} ${path}: ${answer.text}`);
  return { outcome, acknowledged: answer.status < 400, headers: answer.headers, body: parsed };
}

/** The same numbers for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, and not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * end) / 2 ** 32) | 0;
  }

  /** Whether one of `chances` came up. */
  oneIn(chances: number): boolean {
    return this.below(chances) === 0;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}

/** Both lists hold the same, each as many times, in whatever order. */
export function expectSame(stored: readonly string[], acknowledged: readonly string[]): void {
  expect(stored.toSorted()).toEqual(acknowledged.toSorted());
}

export function countUp(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index + 1);
}
