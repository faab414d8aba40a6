import type pg from 'pg';
import { newConstraints } from './judge-change.js';
import { isLeftOut, type TableChange } from './judge-columns.js';
import { isPassing } from './passing-fault.js';
import type { TableUse } from './statement-use.js';
import type { ColumnFacts } from './table-facts.js';

/** Nothing but the next number of a sequence, which no trial takes. */
const NEXT_NUMBER = /^nextval\('(?:[^']|'')*'::regclass\)$/;

/** In words: what an INSERT leaves out, and the column does not take as the server would fill it. */
export async function judgeDefaults(
  client: pg.Client,
  change: TableChange,
  use: TableUse,
): Promise<readonly string[]> {
  const said: string[] = [];
  for (const column of triedColumns(change, use)) {
    const place = `${change.after.name}.${column.name}`;
    const fault = await faultOf(client, () => fill(client, column));
    if (fault !== undefined)
      said.push(
        `${place} does not take ${column.default ?? 'NULL'}, and an INSERT leaves it out: ${messageOf(fault)}`,
      );
  }
  return said;
}

/** Of the columns that an INSERT leaves out, those that are filled otherwise than before, or refuse more. */
function triedColumns({ before, after }: TableChange, use: TableUse): ColumnFacts[] {
  return after.columns.filter((column) => {
    if (column.generated || column.identity || NEXT_NUMBER.test(column.default ?? '')) return false;
    const old = before.columns.find(({ name }) => name === column.name);
    const isOther =
      old?.default !== column.default ||
      old.type !== column.type ||
      column.limits.some((limit) => !old.limits.includes(limit));
    return isOther && (isLeftOut(use, column.name) || use.inserts.includes(undefined));
  });
}

/** A variable takes what a column takes: no more characters, and nothing that its domain refuses. */
async function fill(client: pg.Client, column: ColumnFacts): Promise<void> {
  const required = column.default !== null && column.notNull ? ' NOT NULL' : '';
  const text = `DECLARE value ${column.type}${required} := (${column.default ?? 'NULL'}); BEGIN END`;
  await client.query(`DO ${client.escapeLiteral(text)}`);
}

/** Names of new checks that a row of nothing but defaults passes. */
export async function passingChecks(
  client: pg.Client,
  change: TableChange,
): Promise<ReadonlySet<string>> {
  const passing = new Set<string>();
  for (const { name, columns, condition } of newConstraints(change)) {
    const of = change.after.columns.filter((column) => columns.includes(column.name));
    if (condition === null || of.some(({ identity, generated }) => identity || generated)) continue;
    const values = of.map(
      (column) =>
        `CAST(${column.default ?? 'NULL'} AS ${column.type}) AS ${client.escapeIdentifier(column.name)}`,
    );
    await faultOf(client, async () => {
      const { rows } = await client.query<{ passes: boolean }>(
        `SELECT (${condition}) IS NOT FALSE AS passes FROM (SELECT ${values.join(', ')}) AS defaults`,
      );
      if (rows[0]?.passes) passing.add(name);
    });
  }
  return passing;
}

/** In a savepoint: what an expression writes is taken back. @returns what the server says */
async function faultOf(client: pg.Client, attempt: () => Promise<void>): Promise<unknown> {
  await client.query('SAVEPOINT holdfast_trial');
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (isPassing(error)) throw error;
    return error;
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT holdfast_trial; RELEASE SAVEPOINT holdfast_trial');
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
