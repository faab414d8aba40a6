import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { readDefinitions } from '../../src/backup/postgres/definitions.js';
import { readProperties } from '../../src/backup/postgres/properties.js';
import { qualifyNames } from '../../src/backup/postgres/session.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { COLUMNS, EXPRESSIONS, STATEMENTS } from '../support/odd-expressions.js';
import type { PostgresServer } from '../support/postgres-server.js';

const NAMES = COLUMNS.split(', ').map((column) => column.split(' ')[0] ?? '');
const WORDS = /'(?:[^']|'')*'|\b[a-z_]+\b(?!\s*\()/g;
const withColumns = (expression: string, as: (column: string) => string) =>
  expression.replaceAll(WORDS, (word) => (NAMES.includes(word) ? as(word) : word));

const typeOf = (column: string) =>
  COLUMNS.split(', ')
    .find((each) => each.startsWith(`${column} `))
    ?.slice(column.length + 1);

/** What can stand where there are no columns, with its type: the other side of a comparison. */
function constantIn(expression: string): { value: string; type: string } | undefined {
  const [, column = '', value] = /^(\w+) = (.*)$/.exec(expression) ?? [];
  const type = typeOf(column);
  return value === undefined || type === undefined ? undefined : { value, type };
}

/** Where an expression can be. @returns SQL that makes what is called `name`; undefined where it cannot be there */
const PLACES: Readonly<Record<string, (name: string, expression: string) => string | undefined>> = {
  check: (name, is) => `CREATE TABLE ${name} (${COLUMNS}, CHECK (${is}))`,
  predicate: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); CREATE INDEX ${name}_i ON ${name} (i) WHERE ${is}`,
  index: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); CREATE INDEX ${name}_i ON ${name} ((${is}))`,
  generated: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}, z bool GENERATED ALWAYS AS (${is}) STORED)`,
  policy: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); CREATE POLICY ${name}_p ON ${name} USING (${is}) WITH CHECK (NOT (${is}))`,
  view: (name, is) =>
    `CREATE VIEW ${name} AS SELECT ${is} AS z FROM t WHERE ${is} GROUP BY ${NAMES.join(', ')} HAVING ${is} ORDER BY (${is})`,
  materialized: (name, is) =>
    `CREATE MATERIALIZED VIEW ${name} AS SELECT t.* FROM t LEFT JOIN t AS u (${NAMES.map((each) => `${each}2`).join(', ')}) ON ${is}`,
  rule: (name, is) => {
    const of = withColumns(is, (column) => `new.${column}`);
    return `CREATE TABLE ${name} (${COLUMNS}); CREATE RULE ${name}_r AS ON INSERT TO ${name} WHERE ${of}
      DO INSTEAD (DELETE FROM t WHERE ${is}; UPDATE t SET b = (${is}); INSERT INTO t (b) VALUES (${of}))`;
  },
  trigger: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); CREATE TRIGGER ${name}_t BEFORE INSERT ON ${name} FOR EACH ROW WHEN (${withColumns(is, (column) => `new.${column}`)}) EXECUTE FUNCTION told()`,
  domain: (name, is) => {
    const found = new Set<string>();
    const value = withColumns(is, (column) => (found.add(column), 'VALUE'));
    const [column = '', ...others] = found;
    if (others.length > 0) return undefined;
    return `CREATE DOMAIN ${name} AS ${typeOf(column) ?? 'int'} CHECK (${value})`;
  },
  defaults: (name, is) => {
    const { value, type } = constantIn(is) ?? {};
    if (value === undefined || type === undefined) return undefined;
    return `CREATE TABLE ${name} (x ${type} DEFAULT ${value}); CREATE DOMAIN ${name}_d AS ${type} DEFAULT ${value};
      CREATE VIEW ${name}_v AS SELECT NULL::${type} AS x; ALTER VIEW ${name}_v ALTER x SET DEFAULT ${value};
      CREATE FUNCTION ${name}_f(x ${type} DEFAULT ${value}, y bool DEFAULT (${value}) IS NULL) RETURNS int LANGUAGE sql AS 'SELECT (- 1)';
      CREATE PROCEDURE ${name}_p(x ${type} DEFAULT ${value}) LANGUAGE sql BEGIN ATOMIC SELECT 1; END`;
  },
  body: (name, is) =>
    `CREATE FUNCTION ${name}() RETURNS bool LANGUAGE sql BEGIN ATOMIC DELETE FROM t WHERE ${is}; SELECT ${is} FROM t WHERE ${is}; END`,
  returned: (name, is) =>
    `CREATE FUNCTION ${name}(${COLUMNS.replaceAll(/\(\d\)/g, '')}) RETURNS bool LANGUAGE sql RETURN ${is}`,
  statistics: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); CREATE STATISTICS ${name}_s ON (${is}), i FROM ${name}`,
  partitioning: (name, is) => `CREATE TABLE ${name} (${COLUMNS}) PARTITION BY LIST ((${is}))`,
  bound: (name, is) => {
    const { value, type } = constantIn(is) ?? {};
    if (value === undefined || type === undefined) return undefined;
    return `CREATE TABLE ${name} (x ${type}) PARTITION BY LIST (x); CREATE TABLE ${name}_1 PARTITION OF ${name} FOR VALUES IN (${value})`;
  },
  publication: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}); ALTER TABLE ${name} REPLICA IDENTITY FULL; CREATE PUBLICATION ${name}_p FOR TABLE ${name} WHERE (${is})`,
  exclusion: (name, is) =>
    `CREATE TABLE ${name} (${COLUMNS}, EXCLUDE USING gist (box(point(i, i), point(i, i)) WITH &&) WHERE (${is}))`,
};

/** What expressions of one kind are called. */
const nameOf = (place: string, at: number) => `${place}_${at}_`;

let server: PostgresServer;
/** What is another in a restore, and in a restore of that. */
const differing: string[] = [];
const made = new Map<string, number>();

beforeAll(async () => {
  server = await startInstalledServer();
  const source = await createDatabase(server.url);
  await source.query(`CREATE TABLE t (${COLUMNS});
    CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'`);
  for (const sql of STATEMENTS) await source.query(sql);
  for (const [at, expression] of EXPRESSIONS.entries())
    for (const [place, sqlOf] of Object.entries(PLACES)) {
      const sql = sqlOf(nameOf(place, at), expression);
      if (sql === undefined) continue;
      // Some are not immutable enough for a place, or not of its type.
      const isMade = await source.query(sql).then(
        () => true,
        () => false,
      );
      if (isMade) made.set(place, (made.get(place) ?? 0) + 1);
    }
  let before = source;
  for (let times = 0; times < 2; times += 1) {
    const restored = await restoredFrom(before);
    const [one, other] = [await read(before), await read(restored)];
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    differing.push(...[...names].filter((name) => one[name] !== other[name]));
    before = restored;
  }
}, 300_000);
afterAll(() => server.remove());

async function restoredFrom({ url }: TestDatabase): Promise<TestDatabase> {
  const restored = await createDatabase(server.url);
  const input = execFileSync('pg_dump', ['-Fc', url], { maxBuffer: 2 ** 27 });
  const options = ['--single-transaction', '--exit-on-error'];
  execFileSync('pg_restore', [...options, '-d', restored.url], { input });
  return restored;
}

async function read({ url }: TestDatabase): Promise<Readonly<Record<string, string>>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET jit = off');
    await qualifyNames(client);
    return { ...(await readDefinitions(client)), ...(await readProperties(client)) };
  } finally {
    await client.end();
  }
}

describe('what a server writes in other words once it has read its own', () => {
  it.each([...EXPRESSIONS.entries()])('is not taken for another (%i: %s)', (at) => {
    expect(differing.filter((name) => name.includes(`_${at}_`))).toEqual([]);
  });

  it('is not taken for another in statements of their own', () => {
    expect(differing.filter((name) => !/_\d+_/.test(name))).toEqual([]);
  });

  it.each(Object.keys(PLACES))('is in every place: %s', (place) => {
    expect(made.get(place)).toBeGreaterThan(8);
  });
});
