import type pg from 'pg';
import { inOrder, type Sent } from './postgres/pipeline.js';

/** What may be under way on one connection. */
const MAX_UNDER_WAY = 16;

/**
 * Does a piece of work for each item: every connection one after the other, all of them at once.
 * @param work sends the next piece before the ones before it, which it is given, are answered
 * @param onFailure is told the first error, so that the others stop
 * @returns when all is sent. @throws that error, when all have stopped
 */
export async function runOnClients<T>(
  clients: readonly pg.Client[],
  items: readonly T[],
  work: (client: pg.Client, item: T, before: Promise<unknown>) => Promise<Sent>,
  onFailure: (error: unknown) => void,
): Promise<Sent> {
  const left = [...items];
  const failures: unknown[] = [];
  const failed = (error: unknown) => {
    left.length = 0;
    if (failures.push(error) === 1) onFailure(error);
  };
  const sendThrough = async (client: pg.Client): Promise<Sent> => {
    const sent: Promise<unknown>[] = [];
    const answered = () => inOrder(Promise.allSettled(sent)).catch(failed);
    try {
      for (let item = left.shift(); item !== undefined; item = left.shift()) {
        const { done } = await work(client, item, inOrder(Promise.allSettled(sent)));
        sent.push(done);
        if (sent.length < MAX_UNDER_WAY) continue;
        await sent[0];
        void sent.shift();
      }
    } catch (error) {
      // What failed there has failed before.
      await answered();
      failed(error);
    }
    return { done: answered() };
  };
  const sent = await Promise.all(clients.map(sendThrough));
  const done = Promise.all(sent.map((each) => each.done)).then(() => {
    if (failures.length > 0) throw failures[0];
  });
  done.catch(() => undefined);
  if (failures.length > 0) await done;
  return { done };
}
