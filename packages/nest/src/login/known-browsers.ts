import { randomBytes } from 'node:crypto';
import type { DerivedKey } from './derived-key.js';

/** For so long a browser is known again. */
export const KNOWN_SECONDS = 90 * 86_400;

const ID_BYTES = 12;
const MARK = /^([\w-]{16})\.(\d{1,12})\.([\w-]{43})$/;

/**
 * Marks of browsers in which somebody has logged in. Their failures are counted by themselves, so that others who
 * fail on purpose do not keep an operator out; a mark lets nobody in, and is good for one name.
 */
export class KnownBrowsers {
  constructor(private readonly key: DerivedKey) {}

  mark(name: string): string {
    const id = randomBytes(ID_BYTES).toString('base64url');
    const until = Math.floor(Date.now() / 1000) + KNOWN_SECONDS;
    return `${id}.${until}.${this.#sign(id, until, name)}`;
  }

  /** @returns what its failures are counted by; undefined for no mark, or that of another name */
  idOf(mark: string | undefined, name: string): string | undefined {
    const [, id, until, signature] = MARK.exec(mark ?? '') ?? [];
    if (id === undefined || signature === undefined) return undefined;
    if (Number(until) * 1000 <= Date.now()) return undefined;
    return this.key.hasSigned(textOf(id, Number(until), name), signature) ? id : undefined;
  }

  #sign(id: string, until: number, name: string): string {
    return this.key.sign(textOf(id, until, name));
  }
}

function textOf(id: string, until: number, name: string): string {
  return `${id}.${until}.${name}`;
}
