import { randomInt } from 'node:crypto';
import { ReasonError } from '../reasons.js';
import { isRepresentable } from './json-number.js';

/**
 * Levels of objects and arrays: more than documents have. `JSON.stringify` compares each object with
 * all around it: 90,000 of them cost 9 ms at this depth, and four times as much at 512.
 */
export const DEPTH_LIMIT = 128;
/**
 * Objects, arrays and what they hold. A document of 1 MiB with five fields in each record has about
 * 85,000. All passes over more would take seconds: `[1,1,…]` has 500,000 values in 1 MiB.
 */
export const VALUES_LIMIT = 90_000;
/**
 * Different names in all objects together: each costs `JSON.parse` a microsecond or two in one go. More
 * than there are securities in a map of 1 MiB.
 */
export const NAMES_LIMIT = 20_000;

/** Slots of the table of names, a power of two with room to spare for `NAMES_LIMIT`. */
const SLOTS = 65_536;
/** `"":1,` */
const LEAST_MEMBER_BYTES = 5;
/** Nobody outside knows which names would fall together. */
const SEED = randomInt(2 ** 31);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const U = 0x75;

/**
 * One pass over the bytes of a JSON text, piece by piece, before anything is made of it. What is no
 * JSON is not found here.
 */
export class JsonScan {
  /** Names of all objects, repeated ones as well. */
  members = 0;
  /** Whether a text may hold what only an escape can write: a NUL, half a surrogate pair. */
  hasEscapes = false;
  /** Whether a number would come back as another one. */
  hasLossyNumber = false;
  #at = 0;
  #depth = 0;
  #values = 0;
  #names = 0;
  /** Absent where the bytes have no room for too many names. */
  readonly #table: Int32Array | undefined;

  constructor(private readonly bytes: Uint8Array) {
    if (bytes.length > NAMES_LIMIT * LEAST_MEMBER_BYTES) this.#table = new Int32Array(SLOTS);
  }

  /**
   * Scans about so many more bytes. @returns whether there are more
   * @throws BODY_TOO_COMPLEX, JSON_TOO_DEEP as soon as a bound is exceeded
   */
  read(length: number): boolean {
    const { bytes } = this;
    const end = Math.min(bytes.length, this.#at + length);
    while (this.#at < end) {
      const byte = bytes[this.#at] ?? 0;
      if (byte === QUOTE) this.#text();
      else if (byte === 0x7b || byte === 0x5b) {
        this.#open();
        this.#at += 1;
      } else if (byte === 0x7d || byte === 0x5d) {
        this.#depth -= 1;
        this.#at += 1;
      } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.#number();
      else if (byte >= 0x61 && byte <= 0x7a) this.#word();
      else this.#at += 1;
    }
    return this.#at < bytes.length;
  }

  #open(): void {
    this.#value();
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT) throw new ReasonError('JSON_TOO_DEEP');
  }

  #value(): void {
    this.#values += 1;
    if (this.#values > VALUES_LIMIT) throw new ReasonError('BODY_TOO_COMPLEX');
  }

  #text(): void {
    const { bytes } = this;
    let at = this.#at + 1;
    let hash = SEED;
    for (let byte = bytes[at]; byte !== QUOTE && byte !== undefined; byte = bytes[at]) {
      if (byte === BACKSLASH) {
        if (bytes[at + 1] === U) this.hasEscapes = true;
        hash = Math.imul(hash ^ byte, 0x01000193);
        at += 1;
        byte = bytes[at] ?? 0;
      }
      hash = Math.imul(hash ^ byte, 0x01000193);
      at += 1;
    }
    at += 1;
    while (isBlank(bytes[at])) at += 1;
    this.#at = at;
    if (bytes[at] === COLON) this.#name(hash);
    else this.#value();
  }

  #name(hash: number): void {
    this.members += 1;
    const table = this.#table;
    if (!table) return;
    // 0 is an empty slot.
    const key = hash === 0 ? 1 : hash;
    let slot = (key ^ (key >>> 15)) & (SLOTS - 1);
    while (table[slot] !== 0 && table[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    if (table[slot] === key) return;
    table[slot] = key;
    this.#names += 1;
    if (this.#names > NAMES_LIMIT) throw new ReasonError('BODY_TOO_COMPLEX');
  }

  #number(): void {
    const start = this.#at;
    let at = start + 1;
    while (isNumeric(this.bytes[at])) at += 1;
    this.#at = at;
    this.#value();
    // One digit, as in a list of flags, is not worth a look.
    if (at === start + 1 || this.hasLossyNumber) return;
    const literal = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, at - start);
    if (!isRepresentable(literal.toString('latin1'))) this.hasLossyNumber = true;
  }

  #word(): void {
    this.#value();
    const { bytes } = this;
    let at = this.#at + 1;
    while (((bytes[at] ?? 0) | 0x20) >= 0x61 && ((bytes[at] ?? 0) | 0x20) <= 0x7a) at += 1;
    this.#at = at;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Digits, and what else a number is written with: `.`, `e`, `E`, `+`, `-`. */
function isNumeric(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65 ||
    byte === 0x2b ||
    byte === 0x2d
  );
}
