import type { DurationHistogram } from '@holdfast/core/duration-histogram';
import type { Metric } from '@holdfast/core/metric';
import type { PoolDurations, PoolStatistics } from '@holdfast/postgres/pool/pool-statistics';

/** A database, as far as its pool is concerned. */
export interface Pooled {
  readonly settings: { readonly name: string };
  statistics(): PoolStatistics;
  /** Undefined where nobody waits for a connection: SQLite, or a replica that was never reached. */
  poolDurations(): PoolDurations | undefined;
}

/** The pools in the names of OpenTelemetry's conventions for database clients. */
export function poolMetrics(databases: readonly Pooled[]): readonly Metric[] {
  const counted = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    value: (pool: PoolStatistics) => number,
  ): Metric => ({
    name,
    help,
    type,
    labels: ['pool'],
    read: () =>
      databases.map((database) => ({
        labels: { pool: database.settings.name },
        value: value(database.statistics()),
      })),
  });
  const timed = (
    name: string,
    help: string,
    histogram: (durations: PoolDurations) => DurationHistogram,
  ): Metric => ({
    name,
    help,
    type: 'histogram',
    labels: ['pool'],
    read: () =>
      databases.flatMap((database) => {
        const durations = database.poolDurations();
        if (!durations) return [];
        return [{ labels: { pool: database.settings.name }, value: histogram(durations).read() }];
      }),
  });
  return [
    {
      name: 'db_client_connection_count',
      help: 'Connections of each pool that are used (checked out) or idle.',
      type: 'gauge',
      labels: ['pool', 'state'],
      read: () => databases.flatMap(statesOf),
    },
    counted(
      'gauge',
      'db_client_connection_max',
      'How many connections the pool opens at most.',
      ({ size, max_overflow }) => size + max_overflow,
    ),
    counted(
      'gauge',
      'db_client_connection_pending_requests',
      'Who waits for a connection now.',
      ({ waiting }) => waiting,
    ),
    counted(
      'counter',
      'db_client_connection_timeouts_total',
      'Who was refused because no connection was had in time.',
      ({ timeouts_total }) => timeouts_total,
    ),
    counted(
      'counter',
      'holdfast_pool_leaks_total',
      'Connections that were not given back in time.',
      ({ leaks_total }) => leaks_total,
    ),
    timed(
      'db_client_connection_wait_time_seconds',
      'From asking for a connection to having it.',
      ({ wait }) => wait,
    ),
    timed(
      'db_client_connection_use_time_seconds',
      'From having a connection to giving it back.',
      ({ use }) => use,
    ),
    timed(
      'db_client_connection_create_time_seconds',
      'What a login takes that succeeds.',
      ({ create }) => create,
    ),
  ];
}

function statesOf(database: Pooled) {
  const { checked_out, idle } = database.statistics();
  const pool = database.settings.name;
  return [
    { labels: { pool, state: 'used' }, value: checked_out },
    { labels: { pool, state: 'idle' }, value: idle },
  ];
}
