import type { Parameters, Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';

/** A statement as a repository sent it. */
export interface Statement {
  readonly text: string;
  readonly parameters: Parameters;
}

/** A node of PostgreSQL's plan, as `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` tells it. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  /** Of one loop. */
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

export interface Explained {
  readonly nodes: readonly PlanNode[];
  /** 8 KiB each, counted every time that one is looked at. */
  readonly buffers: number;
  readonly planningMs: number;
  readonly executionMs: number;
}

interface ExplainedRow {
  readonly Plan: PlanNode;
  readonly 'Planning Time': number;
  readonly 'Execution Time': number;
}

/** The same database, which notes what is read from it. */
export function watched(database: SqlDatabase, note: (statement: Statement) => void): SqlDatabase {
  const watchedSql = (sql: Sql): Sql =>
    overriding(sql, {
      rows: (text: string, parameters: Parameters = {}) => {
        note({ text, parameters });
        return sql.rows(text, parameters);
      },
    });
  const read = <T>(work: (sql: Sql) => Promise<T>) => database.read((sql) => work(watchedSql(sql)));
  const staleRows = (text: string, parameters?: Parameters) =>
    read((sql) => sql.rows(text, parameters));
  return overriding(database, { read, readStale: read, staleRows });
}

/** An object with some members of its own; any other is that of the target, and called on the target. */
function overriding<T extends object>(target: T, own: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name === 'string' && Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Runs a query on PostgreSQL with the parameters that it was sent with, and tells how. */
export async function explain(
  database: SqlDatabase,
  { text, parameters }: Statement,
): Promise<Explained> {
  const [row] = await database.read((sql) =>
    sql.rows<{ readonly 'QUERY PLAN': readonly ExplainedRow[] }>(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
      parameters,
    ),
  );
  const explained = row?.['QUERY PLAN'][0];
  if (!explained) throw new TypeError('EXPLAIN told nothing');
  const { Plan: plan } = explained;
  return {
    nodes: nodesOf(plan),
    buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    planningMs: explained['Planning Time'],
    executionMs: explained['Execution Time'],
  };
}

function nodesOf(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** How SQLite carries a query out: one line a step. */
export async function explainSqlite(
  database: SqlDatabase,
  { text, parameters }: Statement,
): Promise<readonly string[]> {
  const steps = await database.read((sql) =>
    sql.rows<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters),
  );
  return steps.map(({ detail }) => detail);
}
