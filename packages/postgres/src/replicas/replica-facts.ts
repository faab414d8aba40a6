import type { ReasonCode } from '@holdfast/core/reasons';
import { driverErrorOf } from '../faults/database-failure.js';
import { postgresFault } from '../faults/faults.js';
import { type Identity, IDENTITY } from './primary-monitor.js';

/** What a server says that is named as a read replica. */
export interface ReplicaFacts extends Identity {
  /** False of a primary. */
  readonly standby: boolean;
  /** How far it has replayed the write-ahead log, a `pg_lsn`; null when it never has. */
  readonly position: string | null;
}

export const FACTS = `SELECT ${IDENTITY}, pg_is_in_recovery() AS standby,
  pg_last_wal_replay_lsn() AS position`;

/** Why nothing may be read from the server, whatever its lag; undefined when it may. */
export function replicaMismatch(facts: ReplicaFacts, primary: Identity): ReasonCode | undefined {
  const isSame = facts.cluster === primary.cluster && facts.database === primary.database;
  if (!isSame) return 'REPLICA_OF_ANOTHER_DATABASE';
  return facts.standby ? undefined : 'REPLICA_NOT_A_STANDBY';
}

/** What an error of connecting to a replica, of opening its pool, or of asking it, means. */
export function replicaFault(error: unknown): { code: ReasonCode; transient: boolean } {
  const { code, transient } = postgresFault(driverErrorOf(error));
  return { code: code === 'POSTGRES_UNREACHABLE' ? 'REPLICA_UNREACHABLE' : code, transient };
}
