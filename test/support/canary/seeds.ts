import { randomBytes } from 'node:crypto';
import { allVariables } from '@holdfast/guard/environment';
import { service } from '../../../src/service.js';

/** How a secret may look: what has to be percent-encoded in a URL, and what people generate. */
export const KINDS = ['plain', 'reserved', 'base64'] as const;
export type Kind = (typeof KINDS)[number];

/** Every secret variable of this build. */
export const SECRETS: readonly string[] = [...allVariables(service)]
  .filter(([, { secret }]) => secret)
  .map(([name]) => name);

/** A secret that occurs nowhere else; both its beginning and its end tell it. */
export interface Seed {
  readonly variable: string;
  readonly kind: Kind;
  readonly text: string;
}

export function seedsOf(kind: Kind): ReadonlyMap<string, Seed> {
  return new Map(
    SECRETS.map((variable) => [variable, { variable, kind, text: textOf(kind) }] as const),
  );
}

function textOf(kind: Kind): string {
  const [first, last] = [randomBytes(10).toString('hex'), randomBytes(10).toString('hex')];
  if (kind === 'plain') return `q${first}${last}`;
  if (kind === 'reserved') return `q${first}#/?@:% &"'\\é+=${last}`;
  return Buffer.from(`${first}\u00ff\u00fe?>${last}`).toString('base64');
}

/** Of an encoded text, what does not depend on where it stands in a longer one. */
const PIECE = 12;

/**
 * What gives a seed away: pieces of it as it is, and as they stand in a base64 or hexadecimal text.
 * JSON and shells leave a piece as it is.
 */
export function tracesOf({ text }: Seed): readonly string[] {
  const pieces = [text.slice(1, 1 + PIECE), text.slice(-PIECE - 2, -2)];
  const encoded = pieces.flatMap((piece) => [
    ...[0, 1, 2].map((shift) =>
      Buffer.from('x'.repeat(shift) + piece)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, 12),
    ),
    Buffer.from(piece).toString('hex'),
  ]);
  return [...pieces, ...pieces.map(encodeURIComponent), ...encoded];
}
