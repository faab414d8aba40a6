import type pg from 'pg';

/**
 * Does a piece of work for each item: every connection one after the other, all of them at once.
 * @param onFailure is told the first error, so that the others stop
 * @throws that error, when all have stopped
 */
export async function runOnClients<T>(
  clients: readonly pg.Client[],
  items: readonly T[],
  work: (client: pg.Client, item: T) => Promise<void>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const left = [...items];
  const failures: unknown[] = [];
  const workThrough = async (client: pg.Client) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(client, item);
  };
  await Promise.all(
    clients.map((client) =>
      workThrough(client).catch((error: unknown) => {
        left.length = 0;
        if (failures.push(error) === 1) onFailure(error);
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
