import type { PostgresSettings } from '@holdfast/guard/databases';
import { expiringSoon, type UsedCertificate } from '@holdfast/postgres/connection/certificates';
import type { MonitorConnection } from '@holdfast/postgres/replicas/monitor-connection';
import { judgeBudget } from './connection-budget.js';
import { type CheckContext, poolsOn } from './context.js';
import { failed, type Finding, passed, warned } from './finding.js';
import { SERVER_CLOCK, type ServerFacts } from './server-facts.js';

/** PostgreSQL 14: from there on a server notices that the client of a long statement is gone. */
const OLDEST_VERSION = 140_000;
/** Milliseconds; clocks that are synchronised differ by less than 100. */
const MAX_SKEW = 2000;

/** A connection that was made is encrypted as configured, else the driver would have given it up. */
export function judgeTls({ tls }: PostgresSettings, facts: ServerFacts): Finding {
  if (tls.mode === 'disable') return passed('not encrypted, as asked (disable)');
  const end = facts.tls ?? 'not up to the server itself: something between ends the encryption';
  return passed(`encrypted as asked (${tls.mode}): ${end}`);
}

/** Whether one is to be renewed; one that has ended is refused by who checks it. */
export function judgeCertificates(certificates: readonly UsedCertificate[]): Finding {
  const ending = expiringSoon(certificates, new Date());
  if (ending.length > 0) return warned('POSTGRES_CERTIFICATE_EXPIRING', ending.join(', '));
  const ends = certificates.map(({ of, end }) => `of the ${of} until ${end.toISOString()}`);
  return passed(ends.length === 0 ? 'none is used' : ends.join(', '));
}

export function judgeVersion({ version }: ServerFacts): Finding {
  const release = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
  return version >= OLDEST_VERSION
    ? passed(release)
    : failed('POSTGRES_VERSION_UNSUPPORTED', `${release} is older than 14`);
}

/** The time of the answer is not known better than by when the query was sent and answered. */
export async function judgeClock(connection: MonitorConnection): Promise<Finding> {
  const before = Date.now();
  const { clock } = await connection.query<{ clock: number }>(SERVER_CLOCK);
  const skew = Math.max(before - clock, clock - Date.now(), 0);
  const seconds = (skew / 1000).toFixed(1);
  if (skew <= MAX_SKEW) return passed(`differs by at most ${seconds} s`);
  return failed('CLOCK_SKEWED', `the server's clock is ${seconds} s off`);
}

/** @param pooled whether something between has connections of its own */
export function judgeConnections(
  facts: ServerFacts,
  pooled: boolean,
  database: PostgresSettings,
  { settings, instances, reserve }: CheckContext,
): Finding {
  if (pooled) return passed('not compared: a pooler between has connections of its own');
  const limit = (connections: number) =>
    facts.superuser || connections < 0 ? undefined : connections;
  const roleLimit = limit(facts.role_limit);
  const databaseLimit = limit(facts.database_limit);
  return judgeBudget(
    {
      instances,
      pools: poolsOn(database, settings) || 1,
      size: settings.pool.size,
      maxOverflow: settings.pool.maxOverflow,
      watching: 1 + (settings.loginIntervalSeconds > 0 ? 1 : 0) + (database.replicas ? 1 : 0),
      reserve,
    },
    {
      maxConnections: facts.max_connections,
      kept: facts.kept,
      ...(roleLimit !== undefined && { roleLimit }),
      ...(databaseLimit !== undefined && { databaseLimit }),
    },
  );
}
