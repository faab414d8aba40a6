import type { Socket } from 'node:net';
import type pg from 'pg';
import type { Connection } from 'pg';

/**
 * Destroys a client that is logging in when its server has been silent for too long. A login takes
 * several round trips, so a bound on the whole of it would take a slow line for a dead one.
 * @param limitMs milliseconds
 * @returns what ends the watching
 */
export function startLoginIdleTimeout(client: pg.Client, limitMs: number): () => void {
  const { connection } = client as unknown as { connection: Connection };
  let isHeard = false;
  // A plain timer that each message puts off: core's functions set one for the whole. After a blocked event loop, what has arrived meanwhile is heard before it is judged.
  const timer = setTimeout(() => {
    isHeard = false;
    setImmediate(() => {
      if (!isHeard) connection.stream.destroy(new Error('timeout expired'));
    });
  }, limitMs).unref();
  const hear = () => {
    isHeard = true;
    timer.refresh();
  };
  connection.on('connect', hear);
  connection.on('sslconnect', () => {
    hear();
    (connection.stream as Socket).once('secureConnect', hear);
  });
  connection.on('message', hear);
  return () => {
    isHeard = true;
    clearTimeout(timer);
    connection.off('message', hear);
  };
}
