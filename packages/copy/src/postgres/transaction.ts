import type pg from 'pg';
import { pipelined, type Statement } from './pipeline.js';

/** All of the statements, or nothing, in one round trip. */
export async function atOnce(client: pg.Client, statements: readonly Statement[]): Promise<void> {
  await pipelined(client, ['BEGIN', ...statements, 'COMMIT']);
}

/** All of it, or nothing. */
export function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  return inPipelinedTransaction(client, [], async () => ({ result: await work(), closing: [] }));
}

/**
 * The same, with as few round trips as there can be.
 * @param opening is sent together with the begin
 * @param work is given what the opening answered; of what it answers `closing` is sent together with the commit
 */
export async function inPipelinedTransaction<T>(
  client: pg.Client,
  opening: readonly Statement[],
  work: (
    opened: readonly pg.QueryResult[],
  ) => Promise<{ readonly result: T; readonly closing: readonly Statement[] }>,
): Promise<T> {
  try {
    const [, ...opened] = await pipelined(client, ['BEGIN', ...opening]);
    const { result, closing } = await work(opened);
    await pipelined(client, [...closing, 'COMMIT']);
    return result;
  } catch (error) {
    // On a connection that is gone it fails too, and the first error tells why.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * One behind the other: the commit of each is sent together with the begin of the next.
 * @param opening is sent together with each begin
 * @param work of one transaction, as above, until it is the last
 * @throws what failed first; those before it stay committed, and none is left open
 */
export async function inTransactions(
  client: pg.Client,
  opening: readonly Statement[],
  work: (
    opened: readonly pg.QueryResult[],
  ) => Promise<{ readonly isLast: boolean; readonly closing: readonly Statement[] }>,
): Promise<void> {
  const begin = ['BEGIN', ...opening];
  try {
    let answers = await pipelined(client, begin);
    for (let isEnded = false; !isEnded;) {
      const { isLast, closing } = await work(answers.slice(answers.length - opening.length));
      answers = await pipelined(client, [...closing, 'COMMIT', ...(isLast ? [] : begin)]);
      isEnded = isLast;
    }
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Does not wait until the transaction is on disk: a server that crashes at once may have lost it, and with it all that
 * was committed later.
 */
export const ASYNCHRONOUS = 'SET LOCAL synchronous_commit = off';

/** Asks for the number that rows written by the transaction under way have as their `xmin`. */
export const TRANSACTION_NUMBER = `SELECT (txid_current() % 4294967296)::text AS number`;

export async function transactionNumber(client: pg.Client): Promise<string> {
  return numberIn(await client.query<{ number: string }>(TRANSACTION_NUMBER));
}

/** What `TRANSACTION_NUMBER` was answered. */
export function numberIn(result: pg.QueryResult | undefined): string {
  const [row] = (result?.rows ?? []) as readonly { readonly number: string }[];
  return row?.number ?? '';
}
