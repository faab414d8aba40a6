import type { StateRules } from './shared-state.js';

/** What a log-in has begun, until it is left or its time is over. */
export interface Session {
  readonly user: string;
  /** Of the operator as they were then: another password ends it. */
  readonly operator: string;
  /** How often its token has been renewed. */
  readonly generation: number;
  /** Hash of the only token that renews it now; empty for one that has ended. */
  readonly token: string;
  readonly until: number;
}

/** What becomes of a token that is to renew a session. */
export type Renewal = 'renewed' | 'reused' | 'ended' | 'unknown';

export function isEnded({ token }: Session): boolean {
  return token === '';
}

export function ended(session: Session): Session {
  return { ...session, token: '' };
}

/** A token that has been used before is somebody else's as well: nobody goes on with the session. */
export function renewed(
  session: Session | undefined,
  given: string,
  next: string,
): { readonly state: Session | undefined; readonly result: Renewal } {
  if (!session) return { state: undefined, result: 'unknown' };
  if (isEnded(session)) return { state: session, result: 'ended' };
  if (session.token !== given) return { state: ended(session), result: 'reused' };
  const state = { ...session, token: next, generation: session.generation + 1 };
  return { state, result: 'renewed' };
}

export const sessionRules: StateRules<Session> = {
  parse: (text) => (text === '' ? undefined : (JSON.parse(text) as Session)),
  stringify: (session) => JSON.stringify(session),
  merge(one, other) {
    if (isEnded(one)) return one;
    if (isEnded(other)) return other;
    if (one.generation !== other.generation) {
      return one.generation > other.generation ? one : other;
    }
    // Renewed twice, where one instance did not know of the other.
    return one.token === other.token ? one : ended(one);
  },
  until: ({ until }) => until,
};
