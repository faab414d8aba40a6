import type { DataSource } from 'typeorm';
import { ReasonError } from '../reasons.js';
import type { BusyBackendsQuery } from '../pool/half-open-connections.js';
import { isDisconnected, isStatementTimeout } from '../faults/faults.js';
import type { PoolDurations, PoolStatistics } from '../pool/pool-statistics.js';
import { type Parameters, type Sql, SqlDatabase } from '../database/sql-database.js';
import { currentReader, type Reader } from './reader.js';
import type { Replica } from './replica.js';
import type { Replication } from './replication.js';

/** A primary whose stale reads go to its replicas, as far as those suit the reader. */
export class ReplicatedDatabase extends SqlDatabase {
  override readonly hasReplicas = true;

  constructor(
    private readonly primary: SqlDatabase,
    dataSource: DataSource,
    private readonly replication: Replication,
  ) {
    super(primary.settings, dataSource);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.primary.transaction(work);
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const reader = currentReader.getStore();
    if (reader) reader.source ??= 'primary';
    return this.primary.read(work);
  }

  /** What fails on a replica is done once more, on the primary: whatever is read may be read again. */
  override async readStale<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const reader = currentReader.getStore();
    const replica = reader && this.#replicaFor(reader);
    if (!replica) return this.primary.read(work);
    try {
      return await replica.read(work);
    } catch (error) {
      if (!mayBeRepeated(error)) throw error;
      if (saysReplicaFailed(error)) replica.fail('REPLICA_UNREACHABLE');
      reader.source = 'primary';
      return this.primary.read(work);
    }
  }

  override write<Row>(statement: string, parameters?: Parameters): Promise<readonly Row[]> {
    return this.primary.write(statement, parameters);
  }

  statistics(): PoolStatistics {
    return this.primary.statistics();
  }

  override poolDurations(): PoolDurations | undefined {
    return this.primary.poolDurations();
  }

  override closeHalfOpenConnections(askBusy: BusyBackendsQuery): Promise<void> {
    return this.primary.closeHalfOpenConnections(askBusy);
  }

  #replicaFor(reader: Reader): Replica | undefined {
    const chosen =
      reader.source ?? this.replication.choose(reader, performance.now()) ?? ('primary' as const);
    reader.source = chosen === 'primary' || chosen.isHealthy ? chosen : 'primary';
    return reader.source === 'primary' ? undefined : reader.source;
  }
}

/** What has used up its time has used up the client's, and would only burden the primary as well. */
function mayBeRepeated(error: unknown): boolean {
  const isLate = error instanceof ReasonError && error.code === 'POOL_TIMEOUT';
  return !isLate && !isStatementTimeout(error);
}

/** Whether the failure says something of the replica, not only of the statement. */
function saysReplicaFailed(error: unknown): boolean {
  return error instanceof ReasonError
    ? error.code === 'POSTGRES_UNREACHABLE' || error.code === 'POSTGRES_CONNECTION_ENDED'
    : isDisconnected(error);
}
