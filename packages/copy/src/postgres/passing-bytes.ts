import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes after which those that have passed are collected. */
const PORTION_BYTES = 8 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

let known: { readonly collect: Collect | undefined } | undefined;

/**
 * Buffers that are read, sent and forgotten. Their bytes are outside of V8's heap, which lets 64 MiB of them gather
 * before it looks for garbage; among the youngest objects that takes half a millisecond.
 */
export class PassingBytes {
  #bytes = 0;

  /** So many more have passed. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < PORTION_BYTES) return;
    this.#bytes = 0;
    known ??= { collect: collector() };
    known.collect?.({ type: 'minor' });
  }
}

/** A context that is made after the flag was set has it. @returns undefined where there is none */
function collector(): Collect | undefined {
  setFlagsFromString('--expose-gc');
  return runInNewContext('globalThis.gc') as Collect | undefined;
}
