import type pg from 'pg';
import { inOrder, pipelined, type Sent, type Statement } from './pipeline.js';

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

/** A transaction of which all but the end is sent. */
export interface SentTransaction {
  readonly isLast: boolean;
  /** What it was answered so far. */
  readonly answered: Promise<unknown>;
  /** Is sent together with the commit. */
  readonly closing: () => readonly Statement[];
  /** Is told, when it is committed, what `closing` was answered. */
  readonly committed: (answers: readonly pg.QueryResult[]) => void;
}

/**
 * One behind the other, without waiting for what comes back. None is committed before the one before it is known to be.
 * @param send what a transaction has between its begin and its end, until it is the last
 * @returns when all are sent: what ends when the last is committed, or has failed
 * @throws what failed first; those before it stay committed, and none is left open
 */
export async function sendTransactions(
  client: pg.Client,
  send: () => Promise<SentTransaction>,
): Promise<Sent> {
  let before: Promise<unknown> = Promise.resolve();
  try {
    for (let isLast = false; !isLast;) {
      const begun = pipelined(client, ['BEGIN']);
      const sent = await send();
      await before;
      const closed = pipelined(client, [...sent.closing(), 'COMMIT']);
      before = inOrder(Promise.allSettled([begun, sent.answered, closed.then(sent.committed)]));
      ({ isLast } = sent);
    }
    return { done: before };
  } catch (error) {
    const first = await before.then(
      () => error,
      (earlier: unknown) => earlier,
    );
    await client.query('ROLLBACK').catch(() => undefined);
    throw first;
  }
}

/**
 * Does not wait until the transaction is on disk: a server that crashes at once may have lost it, and with it all that
 * was committed later.
 */
export const ASYNCHRONOUS = 'SET LOCAL synchronous_commit = off';

/** SQL: see below. */
export const OWN_NUMBER = '(txid_current() % 4294967296)::text';

/** Asks for the number that rows written by the transaction under way have as their `xmin`. */
export const TRANSACTION_NUMBER = `SELECT ${OWN_NUMBER} AS number`;

export async function transactionNumber(client: pg.Client): Promise<string> {
  return numberIn(await client.query<{ number: string }>(TRANSACTION_NUMBER));
}

/** What `TRANSACTION_NUMBER` was answered. */
export function numberIn(result: pg.QueryResult | undefined): string {
  const [row] = (result?.rows ?? []) as readonly { readonly number: string }[];
  return row?.number ?? '';
}
