import type pg from 'pg';

/** A statement, with its values where it has any. */
export type Statement = string | pg.QueryConfig;

/**
 * Sends statements one behind the other without waiting for what comes back: they take one round trip together.
 * Each is answered on its own, so that those behind one that fails are only refused where a transaction is open, in
 * which COMMIT then rolls back.
 * @param client with nothing under way
 * @returns the results, in their order
 * @throws what the first one that failed did, once all are answered
 */
export async function pipelined(
  client: pg.Client,
  statements: readonly Statement[],
): Promise<readonly pg.QueryResult[]> {
  const answers = await settled(client, statements);
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
}

/** The same, where one may fail. @returns what became of each, in their order */
export async function settled(
  client: pg.Client,
  statements: readonly Statement[],
): Promise<readonly PromiseSettledResult<pg.QueryResult>[]> {
  const pipe = client as unknown as { pipeline: boolean };
  pipe.pipeline = true;
  return Promise.allSettled(statements.map((statement) => client.query(statement))).finally(() => {
    pipe.pipeline = false;
  });
}
