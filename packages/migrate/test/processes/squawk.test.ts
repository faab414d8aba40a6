import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import {
  type Compared,
  compareWithSquawk,
  FALSE_ALARMS,
  lintPage,
  NOT_SAID,
  SAID,
} from '../postgres/squawk.js';
import { SQUAWK_CASES } from '../postgres/squawk-cases.js';

let compared: readonly Compared[];

beforeAll(async () => {
  compared = await compareWithSquawk();
});

const isFalseAlarm = (sql: string, rule: string) =>
  FALSE_ALARMS.some(([of, name]) => of === sql && name === rule);

describe('what squawk says rightly is said', () => {
  it.each(SQUAWK_CASES)('%s', (sql) => {
    const one = compared.find((each) => each.sql === sql);
    const rules = one?.squawk.filter((rule) => !(rule in NOT_SAID) && !isFalseAlarm(sql, rule));
    for (const rule of rules ?? []) {
      const wanted = SAID[rule];
      if (!wanted) throw new Error(`squawk says ${rule}, which is neither said nor argued away`);
      expect({ rule, said: wanted.some((each) => one?.holdfast.includes(each)) }).toEqual({
        rule,
        said: true,
      });
    }
  });
});

describe('the comparison', () => {
  it('has enough statements, and meets every rule that it speaks of', () => {
    expect(SQUAWK_CASES.length).toBeGreaterThanOrEqual(80);
    expect(new Set(SQUAWK_CASES).size).toBe(SQUAWK_CASES.length);
    const met = new Set(compared.flatMap(({ squawk }) => squawk));
    expect([...met].sort()).toEqual([...Object.keys(SAID), ...Object.keys(NOT_SAID)].sort());
  });

  it.each(FALSE_ALARMS)('squawk does say of %s: %s', (sql, rule) => {
    expect(compared.find((each) => each.sql === sql)?.squawk).toContain(rule);
  });

  it('is what docs/LINT.md tells', async () => {
    const file = 'docs/LINT.md';
    const page = await format(lintPage(compared), {
      ...(await resolveConfig(file)),
      filepath: file,
    });
    expect(readFileSync(file, 'utf8')).toBe(page);
  });
});
