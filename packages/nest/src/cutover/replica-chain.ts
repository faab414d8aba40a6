import type { PostgresSettings } from '@holdfast/guard/databases';
import { maskDsn } from '@holdfast/guard/dsn';
import { databaseFailure, describeFailure } from '@holdfast/postgres/faults/database-failure';
import {
  type DatabaseNeeds,
  judgeCompatibility,
  type LiveTable,
} from '@holdfast/postgres/verification/needs';
import { LIVE_TABLES, liveTablesOf } from '@holdfast/postgres/verification/live-tables';
import { MonitorConnection } from '@holdfast/postgres/replicas/monitor-connection';
import {
  FACTS,
  replicaMismatch,
  replicaFault,
  type ReplicaFacts,
} from '@holdfast/postgres/replicas/replica-facts';
import { storesIn } from '@holdfast/migrate/migrator';
import { type ReasonCode, reasonFor } from '@holdfast/core/reasons';
import { ReasonError } from './cutover.reasons.js';
import type { Chain } from './chain.js';
import {
  ANSWER_MS,
  boundedDatabase,
  boundedPool,
  type CheckContext,
  findingOf,
} from './context.js';
import { failed, type Finding, passed } from './finding.js';
import { needsOf } from '../verification/needs.js';
import { judgeRights } from './database-condition.js';
import { judgeConnections, judgeTls, judgeVersion } from './server-checks.js';
import { SERVER_FACTS, type ServerFacts } from './server-facts.js';

const CHECKS = ['connection', 'standby', 'tls', 'server_version', 'rights', 'connection_budget'];

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
    names: CHECKS.map(nameOf),
    run: async (report) => {
      const connection = new MonitorConnection(replica, pool, ANSWER_MS);
      const primaryConnection = new MonitorConnection(boundedDatabase(primary), pool, ANSWER_MS);
      try {
        const facts = await connection.query<ServerFacts>(SERVER_FACTS);
        report(nameOf('connection'), passed('connected and logged in'));
        report(nameOf('standby'), await judgeStandby(connection, primaryConnection));
        report(nameOf('tls'), judgeTls(replica, facts));
        report(nameOf('server_version'), judgeVersion(facts));
        const needs = readingOf(needsOf(storesIn(context.stores(), primary)));
        report(nameOf('rights'), await findingOf(() => judgeReading(connection, needs)));
        report(nameOf('connection_budget'), judgeConnections(facts, false, replica, context));
      } catch (error) {
        const { code } = replicaFault(error);
        if (code === 'POSTGRES_REFUSED') throw databaseFailure(replica, error);
        const detail = `the read replica ${replica.name} at ${maskDsn(replica.dsn)}${describeFailure(replica, error)}`;
        throw new ReasonError(code, { detail, cause: error });
      } finally {
        connection.close();
        primaryConnection.close();
      }
    },
  };
}

/** What a replica is used for: no more than reading. */
function readingOf(needs: DatabaseNeeds): DatabaseNeeds {
  return Object.fromEntries(
    Object.entries(needs)
      .filter(([, { rights }]) => rights.includes('SELECT'))
      .map(([name]) => [name, { rights: ['SELECT'], columns: {} }]),
  );
}

/** Its role may be another than the primary's; what it may not read is read from the primary. */
async function judgeReading(connection: MonitorConnection, needs: DatabaseNeeds): Promise<Finding> {
  const question = `SELECT coalesce(json_agg(live), '[]') AS live FROM (${LIVE_TABLES}) AS live`;
  const { live } = await connection.query<{ live: LiveTable[] }>(question, liveTablesOf(needs));
  return judgeRights(judgeCompatibility(needs, live), needs);
}

async function judgeStandby(
  connection: MonitorConnection,
  primaryConnection: MonitorConnection,
): Promise<Finding> {
  const facts = await connection.query<ReplicaFacts>(FACTS);
  const primary = await primaryConnection.query<ReplicaFacts>(FACTS).catch(() => undefined);
  const code: ReasonCode | undefined = primary
    ? replicaMismatch(facts, primary)
    : 'REPLICA_LAG_UNKNOWN';
  return code ? failed(code, reasonFor(code).meaning) : passed('a standby of the same database');
}
