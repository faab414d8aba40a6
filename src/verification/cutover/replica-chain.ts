import type { PostgresSettings } from '../../config/databases.js';
import { maskDsn } from '../../config/dsn.js';
import { databaseFailure, howItFailed } from '../../database/database-failure.js';
import { MonitorConnection } from '../../database/replicas/monitor-connection.js';
import {
  FACTS,
  misfit,
  replicaFault,
  type ReplicaFacts,
} from '../../database/replicas/replica-facts.js';
import { type ReasonCode, ReasonError, reasonFor } from '../../reasons.js';
import type { Chain } from './chain.js';
import { ANSWER_MS, boundedDatabase, boundedPool, type CheckContext } from './context.js';
import { failed, type Finding, passed } from './finding.js';
import { judgeConnections, judgeTls, judgeVersion } from './server-checks.js';
import { SERVER_FACTS, type ServerFacts } from './server-facts.js';

/** A read replica: whether it is one, and of the same database. */
export function replicaChain(
  given: PostgresSettings,
  primary: PostgresSettings,
  context: CheckContext,
): Chain {
  const pool = boundedPool(context.settings.pool);
  const replica = boundedDatabase(given);
  const nameOf = (check: string) => `replica.${replica.name}.${check}`;
  return {
    names: ['connection', 'standby', 'tls', 'server_version', 'connection_budget'].map(nameOf),
    run: async (tell) => {
      const connection = new MonitorConnection(replica, pool, ANSWER_MS);
      const primaryConnection = new MonitorConnection(boundedDatabase(primary), pool, ANSWER_MS);
      try {
        const facts = await connection.ask<ServerFacts>(SERVER_FACTS);
        tell(nameOf('connection'), passed('connected and logged in'));
        tell(nameOf('standby'), await judgeStandby(connection, primaryConnection));
        tell(nameOf('tls'), judgeTls(replica, facts));
        tell(nameOf('server_version'), judgeVersion(facts));
        tell(nameOf('connection_budget'), judgeConnections(facts, false, replica, context));
      } catch (error) {
        const { code } = replicaFault(error);
        if (code === 'POSTGRES_REFUSED') throw databaseFailure(replica, error);
        const detail = `the read replica ${replica.name} at ${maskDsn(replica.dsn)}${howItFailed(replica, error)}`;
        throw new ReasonError(code, { detail, cause: error });
      } finally {
        connection.close();
        primaryConnection.close();
      }
    },
  };
}

async function judgeStandby(
  connection: MonitorConnection,
  primaryConnection: MonitorConnection,
): Promise<Finding> {
  const facts = await connection.ask<ReplicaFacts>(FACTS);
  const primary = await primaryConnection.ask<ReplicaFacts>(FACTS).catch(() => undefined);
  const code: ReasonCode | undefined = primary ? misfit(facts, primary) : 'REPLICA_LAG_UNKNOWN';
  return code ? failed(code, reasonFor(code).meaning) : passed('a standby of the same database');
}
