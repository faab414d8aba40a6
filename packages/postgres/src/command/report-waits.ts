import { busyConnections, type OpenConnection } from '../connection/open-connections.js';
import type { BackendMonitor } from '../sessions/backend-monitor.js';

/** A connection is asked about that has been busy for one to two of these. */
const POLL_MS = 1000;
/** Nobody's tables are in the way of whoever tells what is waited for. */
const QUERY_TIMEOUT_MS = 2000;

/** On stderr, beside the report of the command. */
export function writeStderrLine(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Tells, every two seconds, which other transactions the connections of this process wait for.
 * @returns what ends that
 */
export function reportWaits(): () => void {
  const watchers = new Map<string, Promise<BackendMonitor>>();
  let before: ReadonlySet<unknown> = new Set();
  const look = () => {
    const busy = busyConnections();
    const asked = busy.filter(({ client }) => before.has(client));
    for (const session of asked) {
      void readBlockers(watchers, session).then((text) => {
        if (text) writeStderrLine(text);
      });
    }
    before = new Set(busy.filter((each) => !asked.includes(each)).map(({ client }) => client));
  };
  const timer = setInterval(look, POLL_MS).unref();
  return () => {
    clearInterval(timer);
    for (const watcher of watchers.values())
      void watcher.then((each) => {
        each.close();
      });
  };
}

/** @returns empty where nothing is waited for, or it cannot be found out */
async function readBlockers(
  watchers: Map<string, Promise<BackendMonitor>>,
  { client, config }: OpenConnection,
): Promise<string> {
  const place = `${client.host}:${client.port}/${config.database ?? ''}`;
  const { processID } = client as unknown as { readonly processID: number | null };
  const asking = { ...config, statement_timeout: QUERY_TIMEOUT_MS, lock_timeout: QUERY_TIMEOUT_MS };
  const watcher = watchers.get(place) ?? openMonitor(asking);
  watchers.set(place, watcher);
  try {
    const found = await (await watcher).blockers(processID ?? 0);
    return found === undefined ? '' : `${config.application_name ?? place}: ${found}`;
  } catch {
    return '';
  }
}

async function openMonitor(config: OpenConnection['config']): Promise<BackendMonitor> {
  const { BackendMonitor } = await import('../sessions/backend-monitor.js');
  return new BackendMonitor(config);
}
