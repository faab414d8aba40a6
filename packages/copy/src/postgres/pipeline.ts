import type pg from 'pg';

/** A statement, with its values where it has any. */
export type Statement = string | pg.QueryConfig;

/** What statements that were sent are answered, in their order. */
export type Answers = Promise<readonly pg.QueryResult[]>;

/** What was sent, and is answered later. */
export interface Sent {
  /** Rejects as what failed first. */
  readonly done: Promise<unknown>;
}

/**
 * Sends statements one behind the other without waiting for what comes back: they take one round trip together.
 * Each is answered on its own, so that those behind one that fails are only refused where a transaction is open, in
 * which COMMIT then rolls back.
 * @param client with nothing under way but what was sent so
 * @returns what rejects as the first one that failed, once all are answered
 */
export function pipelined(client: pg.Client, statements: readonly Statement[]): Answers {
  return inOrder(settled(client, statements));
}

/** The same, where one may fail. @returns what became of each, in their order */
export async function settled(
  client: pg.Client,
  statements: readonly Statement[],
): Promise<readonly PromiseSettledResult<pg.QueryResult>[]> {
  setPipeline(client, true);
  return Promise.allSettled(statements.map((statement) => client.query(statement)));
}

/** For what is sent behind whatever was sent before. */
export function sentBehind(client: pg.Client, query: pg.Submittable): void {
  setPipeline(client, true);
  client.query(query);
}

/** For what can be sent only behind answers, as COPY TO. @param client with nothing under way */
export function sentAlone<T extends pg.Submittable>(client: pg.Client, query: T): T {
  setPipeline(client, false);
  return client.query(query);
}

/** Rejects as the first one that failed, once all have ended; somebody else may be the one to look at it. */
export function inOrder<T>(ended: Promise<readonly PromiseSettledResult<T>[]>): Promise<T[]> {
  const values = ended.then((outcomes) =>
    outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    }),
  );
  values.catch(() => undefined);
  return values;
}

function setPipeline(client: pg.Client, isOn: boolean): void {
  (client as unknown as { pipeline: boolean }).pipeline = isOn;
}
