import { Counts, type Metric } from '@holdfast/core/metric';
import { DurationHistogram } from '@holdfast/core/duration-histogram';
import type { Connections } from '../http/connections.js';
import { knownMethod } from '../http/known-method.js';
import type { Completed } from '../http/request-log.js';
import { RecentProblems } from './recent-problems.js';

/** What has no route: its path is the client's invention as well. */
const NO_ROUTE = 'unmatched';

type ByStatus = Map<number, DurationHistogram>;

/** How long requests took, and why they were refused. */
export class RequestMetrics {
  /** By route, by method, by status: found without making a key of the three. */
  readonly #durations = new Map<string, Map<string, ByStatus>>();
  readonly #problems = new Counts();
  /** For the page of whoever is on call, which has no Prometheus to ask how many are new. */
  readonly recent = new RecentProblems();

  completed({
    route,
    method,
    status,
    durationMs,
  }: Omit<Completed, 'id' | 'traceId' | 'code'>): void {
    const byMethod = entry(this.#durations, route ?? NO_ROUTE, () => new Map<string, ByStatus>());
    const byStatus = entry(byMethod, knownMethod(method), (): ByStatus => new Map());
    entry(byStatus, status, () => new DurationHistogram()).record(durationMs);
  }

  /** @param code what comes after its colon, such as the name of a store, is left out */
  refused(code: string): void {
    const name = code.replace(/:.*/s, '');
    this.#problems.add(name);
    this.recent.add(name, Date.now());
  }

  metrics(connections: Pick<Connections, 'inFlight' | 'open'>): readonly Metric[] {
    return [
      {
        name: 'http_server_request_duration_seconds',
        help: 'From the first byte of a request to the last of its answer, by route, method and status.',
        type: 'histogram',
        labels: ['route', 'method', 'status'],
        read: () => this.#read(),
      },
      {
        name: 'http_server_active_requests',
        help: 'Requests that have begun and are not answered.',
        type: 'gauge',
        labels: [],
        read: () => [{ labels: {}, value: connections.inFlight }],
      },
      {
        name: 'holdfast_http_connections',
        help: 'Open connections of clients.',
        type: 'gauge',
        labels: [],
        read: () => [{ labels: {}, value: connections.open }],
      },
      {
        name: 'holdfast_problems_total',
        help: 'Requests answered with a problem document, by its reason code.',
        type: 'counter',
        labels: ['code'],
        read: () => this.#problems.read('code'),
      },
    ];
  }

  #read() {
    return [...this.#durations].flatMap(([route, byMethod]) =>
      [...byMethod].flatMap(([method, byStatus]) =>
        [...byStatus].map(([status, durations]) => ({
          labels: { route, method, status: String(status) },
          value: durations.read(),
        })),
      ),
    );
  }
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
