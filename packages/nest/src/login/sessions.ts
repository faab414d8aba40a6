import { hash, randomBytes } from 'node:crypto';
import type { Operator } from '@holdfast/guard/credentials/credentials';
import { ended, isEnded, renewed, type Renewal, type Session, sessionRules } from './session.js';
import { SharedState } from './shared-state.js';
import type { SharedTexts } from './shared-texts.js';

/** A working day: whoever goes on logs in again. */
export const SESSION_MS = 12 * 3_600_000;

const RANDOM_BYTES = 18;
const TOKEN = /^([\w-]{24})\.([\w-]{24})$/;

/** A session, and the token that renews it next; it is good once. */
export interface Renewable {
  readonly id: string;
  readonly token: string;
  readonly session: Session;
}

/** What a token was found to be. */
export type Found =
  | { readonly kind: 'renewed'; readonly renewable: Renewable }
  | { readonly kind: Exclude<Renewal, 'renewed'> | 'unavailable'; readonly user?: string };

/** Sessions of operators, each renewed by a token that changes every time. */
export class Sessions {
  readonly #sessions: SharedState<Session>;

  constructor(shared: SharedTexts | null) {
    this.#sessions = new SharedState('holdfast:login:session', sessionRules, shared);
  }

  async begin({ name, id: operator }: Operator): Promise<Renewable> {
    const id = random();
    const secret = random();
    const until = Date.now() + SESSION_MS;
    const session = { user: name, operator, generation: 0, token: hashOf(secret), until };
    await this.#sessions.update(id, () => ({ state: session, result: undefined }));
    return { id, token: `${id}.${secret}`, session };
  }

  async renew(given: string): Promise<Found> {
    const [, id, secret] = TOKEN.exec(given) ?? [];
    if (id === undefined || secret === undefined) return { kind: 'unknown' };
    const next = random();
    return this.#sessions.update(
      id,
      (session, isAlone): { state: Session | undefined; result: Found } => {
        const { state, result } = renewed(session, hashOf(secret), hashOf(next));
        if (result === 'renewed' && state) {
          const renewable = { id, token: `${id}.${next}`, session: state };
          return { state, result: { kind: result, renewable } };
        }
        // Another instance has begun it, and nobody can be asked.
        const kind = result === 'unknown' && isAlone ? 'unavailable' : (result as 'reused');
        return { state, result: { kind, ...(state && { user: state.user }) } };
      },
    );
  }

  /** @returns whose it was; undefined for one that is not known, or has ended already */
  end(id: string): Promise<string | undefined> {
    return this.#sessions.update(id, (session) => ({
      state: session && ended(session),
      result: session && !isEnded(session) ? session.user : undefined,
    }));
  }

  /** Whether this instance has heard of its end. */
  hasEnded(id: string): boolean {
    const known = this.#sessions.known(id);
    return known !== undefined && isEnded(known);
  }
}

/** The session that a token is of, whether it is good or not. */
export function sessionOf(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

function hashOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
