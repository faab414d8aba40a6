import { afterAll, beforeAll, expect } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { tableSizes } from '../../src/postgres/locks/table-sizes.js';
import { type Statement, statementsOf } from '../../src/postgres/parser/statements.js';
import { liveFindings } from '../../src/postgres/verdicts/live-findings.js';
import type { Finding, Verdict } from '../../src/verdicts/verdict.js';

/** A database in which statements are judged, and then really run and undone; made before the tests of a file. */
export class ForetoldDatabase {
  #database: TestDatabase | undefined;
  #client: pg.Client | undefined;

  constructor(schema: string) {
    beforeAll(async () => {
      this.#database = await createDatabase();
      await this.#database.query(schema);
      this.#client = new pg.Client({ connectionString: this.#database.url });
      await this.#client.connect();
    });
    afterAll(async () => {
      await this.#client?.end();
      await this.#database?.drop();
    });
  }

  async query(sql: string): Promise<readonly object[]> {
    const { rows } = await this.client.query<object>(sql);
    return rows;
  }

  /** By statement, all that is said. */
  async said(...migrations: readonly string[]): Promise<readonly (readonly Finding[])[]> {
    const parsed = await Promise.all(migrations.map(statements));
    const query = (text: string, values: unknown[] = []) => this.client.query(text, values);
    const found = await liveFindings(query, parsed, await tableSizes(query, parsed.flat()));
    return parsed.flat().map((statement) => found.get(statement) ?? []);
  }

  /** Runs each statement of one transaction until one fails, and undoes it. @returns the SQLSTATE of each that has been run */
  async run(sql: string): Promise<readonly (string | undefined)[]> {
    const codes: (string | undefined)[] = [];
    await this.query('BEGIN');
    try {
      for (const { text } of await statements(sql)) {
        codes.push(await this.#failed(text));
        if (codes.at(-1) !== undefined) break;
      }
      return codes;
    } finally {
      await this.query('ROLLBACK');
    }
  }

  /** The last statement fails, and is foretold to by the rule; those before it are not. */
  async expectToFail(sql: string, rule: string): Promise<void> {
    const found = await this.said(sql);
    const codes = await this.run(sql);
    expect(codes).toHaveLength(found.length);
    expect(codes.map((code) => code !== undefined)).toEqual(
      found.map((_, place) => place === found.length - 1),
    );
    expect(found.map((each) => rulesOf(each, 'WILL FAIL'))).toEqual(
      found.map((_, place) => (place === found.length - 1 ? [rule] : [])),
    );
  }

  /** No statement fails, and none is foretold to. */
  async expectToPass(sql: string): Promise<void> {
    expect((await this.run(sql)).filter((code) => code !== undefined)).toEqual([]);
    expect((await this.said(sql)).map((each) => rulesOf(each, 'WILL FAIL')).flat()).toEqual([]);
  }

  get client(): pg.Client {
    if (!this.#client) throw new TypeError('the database is not there yet');
    return this.#client;
  }

  async #failed(sql: string): Promise<string | undefined> {
    try {
      await this.query(sql);
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code ?? 'no SQLSTATE';
    }
  }
}

export function rulesOf(findings: readonly Finding[], verdict: Verdict): readonly string[] {
  return findings.flatMap((each) => (each.verdict === verdict ? [each.rule] : []));
}

function statements(sql: string): Promise<readonly Statement[]> {
  return statementsOf({ store: 'trial', version: '0001', name: 'try_it', sql });
}
