import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../src/verdicts/verdict.js';
import { RowProbes } from '../../src/postgres/verdicts/probe-rows.js';

const FINDING: Finding = {
  verdict: 'WILL FAIL',
  rule: 'r',
  text: 'A row is in the way.',
  fix: 'Mend.',
};
const probe = {
  sql: 'ASK',
  question: 'whether a row is in the way',
  mayRaise: true,
  finding: FINDING,
};

/** What is asked of a server that answers `ASK` so. */
function asked(answer: () => { broken: boolean }) {
  const sent: string[] = [];
  const probes = new RowProbes((sql) => {
    sent.push(sql);
    return sql === 'ASK'
      ? new Promise((done) => {
          done({ rows: [answer()] });
        })
      : Promise.resolve({ rows: [] });
  });
  return { sent, probes };
}

function refuses(code: string) {
  return asked(() => {
    throw Object.assign(new Error('value "secret" is wrong'), { code });
  });
}

describe('questions to the rows', () => {
  it('are asked in a transaction that is read-only, bounded, and undone', async () => {
    const { sent, probes } = asked(() => ({ broken: true }));
    expect(await probes.findingOf({ probe })).toBe(FINDING);
    expect(sent).toEqual([
      'BEGIN TRANSACTION READ ONLY',
      expect.stringMatching(
        /statement_timeout = \d+; SET LOCAL lock_timeout = 100; SET LOCAL row_security = off$/,
      ),
      'ASK',
      'ROLLBACK',
    ]);
  });

  it('have no finding where the answer is no', async () => {
    expect(await asked(() => ({ broken: false })).probes.findingOf({ probe })).toBeUndefined();
  });

  it('that are taken for a yes, where there is no answer, have their finding', async () => {
    const taken = { ...probe, isTakenFor: true };
    for (const code of ['57014', '55P03', '42501'])
      expect(await refuses(code).probes.findingOf({ probe: taken })).toBe(FINDING);
    const { probes } = asked(() => ({ broken: false }));
    expect(await probes.findingOf({ probe: taken })).toBeUndefined();
  });

  it('find what an error of a value says, and tell its code alone', async () => {
    const { sent, probes } = refuses('22P02');
    expect(await probes.findingOf({ probe })).toEqual({
      ...FINDING,
      text: 'A row is in the way. (SQLSTATE 22P02)',
    });
    expect(sent.at(-1)).toBe('ROLLBACK');
  });

  it.each([
    ['57014', 'Whether a row is in the way: not known within 2000 ms.'],
    ['55P03', 'Whether a row is in the way: the table is locked by somebody else.'],
    ['42501', 'Whether a row is in the way: the database does not say: SQLSTATE 42501.'],
  ])('that %s cuts short are not judged', async (code, text) => {
    expect(await refuses(code).probes.findingOf({ probe })).toEqual({
      verdict: 'NOT JUDGED',
      rule: 'r',
      text,
      fix: null,
    });
  });

  it('do not take an error of a value for a finding where no value can cause one', async () => {
    const { probes } = refuses('22P02');
    const found = await probes.findingOf({ probe: { ...probe, mayRaise: false } });
    expect(found?.verdict).toBe('NOT JUDGED');
  });

  it('throw what is no answer of the server', async () => {
    const { probes } = asked(() => {
      throw new TypeError('broken');
    });
    await expect(probes.findingOf({ probe })).rejects.toThrow('broken');
  });
});
