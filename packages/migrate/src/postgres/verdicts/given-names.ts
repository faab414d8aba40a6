import { nameOf } from '../parser/syntax-tree.js';
import { plainName, schemaPart } from './relation.js';
import { unquoted } from './statement-parts.js';

/** What the server makes a name of, where a statement gives none: `orders_owner_id_idx`. */
export interface GivenName {
  /** Columns; undefined for an expression, which gets another word from server to server. */
  readonly parts: readonly (string | undefined)[];
  readonly label: 'pkey' | 'key' | 'idx' | 'excl' | 'seq';
}

/** Of a longer one the server shortens the parts. */
const MAX_BYTES = 63;

/** @param table with its schema, where that is given: the new name is in the same one */
export function givenName(
  { parts, label }: GivenName,
  table: string,
): { readonly name: string; readonly pattern: RegExp; readonly isCertain: boolean } {
  const own = unquoted(plainName(table));
  const isCertain = parts.every((part) => part !== undefined);
  const plain = [own, ...(label === 'pkey' ? [] : parts), label].join('_');
  const isWhole = isCertain && Buffer.byteLength(plain) <= MAX_BYTES;
  // A number is put behind it where it is taken.
  const pattern = isWhole
    ? `^(.*\\.)?"?${escaped(plain)}\\d*"?$`
    : `^(.*\\.)?"?${escaped(own.slice(0, MAX_BYTES / 3))}.*_${label}\\d*"?$`;
  return {
    name: `${schemaPart(table)}${nameOf([plain])}`,
    pattern: new RegExp(pattern),
    isCertain: isWhole,
  };
}

/** As the server names it for a partition, whichever that is. */
export function ofPartitions({ parts, label }: GivenName): RegExp {
  const own = parts.map((part) => (part === undefined ? '.*' : escaped(part)));
  return new RegExp(`_${[...own, label].join('_')}\\d*"?$`);
}

/** A relation of this name, as `nameOf` writes it. */
export function exactly(name: string): RegExp {
  return new RegExp(`^${escaped(name)}$`);
}

/** All that is in a schema. */
export function within(schema: string): RegExp {
  return new RegExp(`^${escaped(nameOf([schema]))}\\.`);
}

/** All of which the server makes the name of that of the table. */
export function beside(table: string): RegExp {
  return new RegExp(`^(.*\\.)?"?${escaped(unquoted(plainName(table)))}_`);
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
