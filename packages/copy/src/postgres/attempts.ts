import type pg from 'pg';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { generatedAgree } from '../verify/generated.js';
import type { OptionalStatement, Definition, GeneratedColumn } from './definition.js';
import type { Note, TargetTable } from './target-table.js';

/**
 * Gives a loaded table what PostgreSQL may refuse, and what it may compute differently, inside a
 * transaction that is open.
 * @param source whose rows are there; undefined where none are
 * @returns what is noted of that which it did not get
 */
export async function addOptionalParts(
  client: pg.Client,
  schema: string,
  source: SourceDatabase | undefined,
  table: TargetTable,
  { attempts, generated }: Definition,
): Promise<readonly Note[]> {
  const texts: string[] = [];
  for (const attempt of attempts)
    if (!(await tryStatement(client, attempt))) texts.push(attempt.noteOnFailure);
  for (const column of generated)
    texts.push(...(await addGenerated(client, schema, source, table, column)));
  return texts.map((text) => ({ table: table.name, text }));
}

async function addGenerated(
  client: pg.Client,
  schema: string,
  source: SourceDatabase | undefined,
  table: TargetTable,
  { column, drop, indexes, ...attempt }: GeneratedColumn,
): Promise<readonly string[]> {
  const lost = [attempt.noteOnFailure, ...indexes.map(({ noteOnFailure }) => noteOnFailure)];
  if (!(await tryStatement(client, attempt))) return lost;
  const texts: string[] = [];
  if (!source)
    texts.push(`column ${column.name}: nobody has compared what is computed, for want of rows`);
  else if (!(await generatedAgree(client, schema, source, { ...table, generated: [column] }))) {
    await client.query(drop);
    return lost;
  }
  for (const index of indexes)
    if (!(await tryStatement(client, index))) texts.push(index.noteOnFailure);
  return texts;
}

/**
 * SQLSTATEs of what PostgreSQL cannot make, or not of these rows. A lock, a right, a lack of space or somebody who has
 * cancelled it would be another matter the next time.
 */
const OF_STATEMENT = /^(0A|22|23|2F|38|39|42(?!501)|54|P0)/;

async function tryStatement(
  client: pg.Client,
  { sql, forgiven }: OptionalStatement,
): Promise<boolean> {
  await client.query('SAVEPOINT holdfast_attempt');
  try {
    await client.query(sql);
    await client.query('RELEASE SAVEPOINT holdfast_attempt');
    return true;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (!OF_STATEMENT.test(code) || (forgiven !== undefined && code !== forgiven)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT holdfast_attempt');
    return false;
  }
}
