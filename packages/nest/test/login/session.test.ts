import { describe, expect, it } from '@jest/globals';
import { ended, renewed, sessionRules } from '../../src/login/session.js';

const session = { user: 'ada', operator: 'id', generation: 3, token: 'now', until: 5 };

describe('a session', () => {
  it('is renewed by its token alone, and ended by any other', () => {
    const next = { ...session, generation: 4, token: 'next' };
    expect(renewed(session, 'now', 'next')).toEqual({ state: next, result: 'renewed' });
    for (const other of ['before', '']) {
      expect(renewed(session, other, 'next')).toEqual({ state: ended(session), result: 'reused' });
    }
    expect(renewed(undefined, 'now', 'next')).toEqual({ state: undefined, result: 'unknown' });
  });

  it('that has ended is not renewed, by nothing either', () => {
    for (const token of ['now', '']) {
      expect(renewed(ended(session), token, 'next').result).toBe('ended');
    }
  });

  it('is, of two that know different things, the one that has ended or has gone on further', () => {
    const further = { ...session, generation: 4, token: 'next' };
    for (const [one, other, expected] of [
      [session, further, further],
      [session, session, session],
      [ended(session), further, ended(session)],
      [further, { ...further, token: 'elsewhere' }, ended(further)],
    ] as const) {
      expect(sessionRules.merge(one, other)).toEqual(expected);
      expect(sessionRules.merge(other, one)).toEqual(expected);
    }
  });
});
