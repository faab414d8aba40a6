import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { tryStatements } from '../../src/postgres/trial/trial.js';
import type { Rows } from '../../src/postgres/trial/trial-transaction.js';

const KNOWN = {
  functions: {},
  catalogue: { relations: {}, types: {}, schemas: [], currentSchema: 'public' },
};

/** A trial of one query, on a server that answers so. */
async function tried(answer: (sql: string) => Rows | Error, sql = 'SELECT 1 + now()') {
  const sent: string[] = [];
  const statements = await statementsOf({
    store: 's',
    version: '0001',
    name: 'n',
    sql,
  });
  const run = (sql: string) => {
    sent.push(sql);
    const rows = answer(sql);
    return rows instanceof Error ? Promise.reject(rows) : Promise.resolve({ rows });
  };
  const found = tryStatements(run, statements, KNOWN);
  const all = found.then((each) => statements.map((statement) => each.get(statement)));
  return { sent, all, found: all.then(([first]) => first) };
}

const refused = (code: string) => Object.assign(new Error('no'), { code });
const allowed = (sql: string): Rows =>
  sql.includes('AS trial') ? [{ trial: { isAllowed: true, relations: [] } }] : [];

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a trial', () => {
  it('is bounded in time, reads alone where it asks, and is undone', async () => {
    const { sent, found } = await tried((sql) =>
      sql.includes('EXPLAIN') ? refused('42883') : allowed(sql),
    );
    expect(await found).toMatchObject({ fault: { rule: 'no-function' } });
    expect(sent[0]).toBe('BEGIN READ WRITE');
    expect(sent[1]).toMatch(/statement_timeout = 2000; SET LOCAL lock_timeout = 100;/);
    expect(sent.find((sql) => sql.includes('EXPLAIN'))).toMatch(
      /^SAVEPOINT \w+; SET LOCAL statement_timeout = \d+; SET LOCAL transaction_read_only = on; EXPLAIN /,
    );
    expect(sent.at(-1)).toBe('ROLLBACK');
  });

  it.each([
    ['on a standby', 'BEGIN READ WRITE', '0A000'],
    ['where the catalogue does not answer', 'AS trial', '55P03'],
  ])('is left out %s', async (_, at, code) => {
    const { sent, found } = await tried((sql) => (sql.includes(at) ? refused(code) : allowed(sql)));
    expect(await found).toBeUndefined();
    expect(sent.at(-1)).toBe('ROLLBACK');
  });

  it('makes nothing where that is not allowed', async () => {
    const { sent, found } = await tried(() => [{ trial: { isAllowed: false, relations: [] } }]);
    expect(await found).toBeUndefined();
    expect(
      sent.filter((sql) => /EXPLAIN|CREATE/.test(sql.replace(/WITH RECURSIVE[\s\S]*/, ''))),
    ).toEqual([]);
  });

  it('says how many statements it had no time for', async () => {
    const { all } = await tried((sql) => {
      if (!sql.includes('EXPLAIN SELECT 2')) return allowed(sql);
      const now = performance.now() + 3_000;
      jest.spyOn(performance, 'now').mockReturnValue(now);
      return refused('57014');
    }, 'SELECT 1; SELECT 2; SELECT 3');
    expect(await all).toEqual([{ isTaken: true }, { untried: 2 }, undefined]);
  });

  it('says nothing of it where the time ends with the last one', async () => {
    const { all } = await tried((sql) => {
      if (!sql.includes('EXPLAIN SELECT 2')) return allowed(sql);
      const now = performance.now() + 3_000;
      jest.spyOn(performance, 'now').mockReturnValue(now);
      return [];
    }, 'SELECT 1; SELECT 2');
    expect(await all).toEqual([{ isTaken: true }, { isTaken: true }]);
  });

  it('tells how many statements it has not come to in its time', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(5_000);
    try {
      const { found } = await tried(allowed);
      expect(await found).toEqual({ untried: 1 });
    } finally {
      now.mockRestore();
    }
  });

  it('throws what is no answer of the server', async () => {
    const { found } = await tried((sql) =>
      sql.includes('EXPLAIN') ? new TypeError('broken') : allowed(sql),
    );
    await expect(found).rejects.toThrow('broken');
  });
});
