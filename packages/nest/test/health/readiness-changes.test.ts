import { describe, expect, it } from '@jest/globals';
import type { Verdict } from '../../src/health/checks.js';
import { changesOf, NOTHING_REPORTED, type Reported } from '../../src/health/readiness-changes.js';
import { reasonFor } from '@holdfast/core/reasons';

const SINCE = '2026-11-21T12:00:00.000Z';
const at = (seconds: number) => new Date(Date.parse(SINCE) + seconds * 1000);

const good = { ok: true, detail: 'connected' };
const bad = {
  ok: false,
  detail: 'unreachable',
  code: 'POSTGRES_UNREACHABLE',
  failing_since: SINCE,
};
const unknown = { ok: false, detail: 'unknown', code: 'DATABASE_UNAVAILABLE', because: 'db' };
const noRedis = {
  ok: false,
  detail: 'unreachable',
  code: 'REDIS_UNREACHABLE',
  failing_since: SINCE,
};

const WELL: Verdict = { status: 'ok', checks: { db: good, migrations: good, redis: good } };
const OUT = {
  status: 'fail',
  checks: { db: bad, migrations: unknown, redis: good },
} as Verdict;

/** The lines for one verdict after the other, a second apart. */
function linesOf(...verdicts: readonly Verdict[]) {
  let told: Reported = NOTHING_REPORTED;
  return verdicts.map((verdict, second) => {
    const found = changesOf(told, verdict, at(second));
    told = found.reported;
    return found.changes.map(({ level, fields }) => ({ level, ...fields }));
  });
}

const events = (lines: ReturnType<typeof linesOf>) =>
  lines.map((each) => each.map(({ event, check = '' }) => `${event} ${check}`.trim()));

describe('changes of readiness', () => {
  it('are none while all is well, also at the start', () => {
    expect(linesOf(WELL, WELL)).toEqual([[], []]);
  });

  it('are told once each, with the fix and the section of the runbook', () => {
    const [, lost, , regained] = linesOf(WELL, OUT, OUT, WELL);
    const advice = {
      fix: reasonFor('POSTGRES_UNREACHABLE').fix,
      runbook: 'docs/RUNBOOK.md#postgres_unreachable',
    };
    expect(lost).toMatchObject([
      {
        level: 'warn',
        event: 'check.failed',
        check: 'db',
        code: bad.code,
        since: SINCE,
        ...advice,
      },
      { level: 'warn', event: 'check.failed', check: 'migrations', because: 'db' },
      {
        level: 'error',
        event: 'ready.lost',
        checks: ['db'],
        code: bad.code,
        since: SINCE,
        ...advice,
      },
    ]);
    expect(regained).toMatchObject([
      { event: 'check.recovered', check: 'db', since: SINCE, duration_ms: 3000 },
      { event: 'check.recovered', check: 'migrations' },
      { level: 'info', event: 'ready.regained', status: 'ok', duration_ms: 2000 },
    ]);
    expect(events(linesOf(WELL, OUT, OUT, WELL, WELL)).map(({ length }) => length)).toEqual([
      0, 3, 0, 3, 0,
    ]);
  });

  it('are told of what fails from the start', () => {
    expect(events(linesOf(OUT))).toEqual([
      ['check.failed db', 'check.failed migrations', 'ready.lost'],
    ]);
  });

  it('are no loss of readiness where an optional check fails', () => {
    const degraded: Verdict = { status: 'degraded', checks: { ...WELL.checks, redis: noRedis } };
    expect(events(linesOf(WELL, degraded, WELL))).toEqual([
      [],
      ['check.failed redis'],
      ['check.recovered redis'],
    ]);
  });

  it('are told of a check that is shown only while it fails', () => {
    const login = { ok: false, detail: 'failing', code: 'POSTGRES_LOGIN_FAILING' };
    const degraded: Verdict = { status: 'degraded', checks: { ...WELL.checks, login } };
    expect(events(linesOf(WELL, degraded, WELL)).flat()).toEqual([
      'check.failed login',
      'check.recovered login',
    ]);
  });

  it('tell a second code of one failure, and neither of them again', () => {
    const other: Verdict = {
      status: 'fail',
      checks: { ...OUT.checks, db: { ...bad, code: 'POSTGRES_READ_ONLY' } },
    };
    const lines = linesOf(OUT, other, OUT, other, WELL);
    expect(events(lines).slice(1)).toEqual([
      ['check.failed db'],
      [],
      [],
      ['check.recovered db', 'check.recovered migrations', 'ready.regained'],
    ]);
    expect(lines[4]?.[0]).toMatchObject({ codes: ['POSTGRES_UNREACHABLE', 'POSTGRES_READ_ONLY'] });
  });

  it('name the stores of a database that fails, and no others', () => {
    const stores = { dpm: good, advisory: bad };
    const [lines] = linesOf({ status: 'fail', checks: { db: { ...bad, stores } } });
    expect(lines?.[0]).toMatchObject({ check: 'db', stores: ['advisory'] });
  });
});
