import { type DatabaseSettings, identity } from './databases.js';
import { type Dsn, judgeDsn } from './dsn.js';
import type { PostgresAccess } from './postgres-access.js';
import type { RawEnvironment } from './read-environment.js';
import { violation, type Violation } from './violation.js';

const VARIABLE = 'DB_READ_REPLICA_URLS';

/** The connection strings of the read replicas, and the faults of those that cannot be used. */
export function judgeReplicas(raw: RawEnvironment): {
  readonly dsns: readonly Dsn[];
  readonly violations: readonly Violation[];
} {
  const text = raw.texts.get(VARIABLE);
  const verdicts = text === undefined ? [] : text.split(',').map((dsn) => judgeDsn(dsn.trim()));
  return {
    dsns: verdicts.flatMap((verdict) => ('dsn' in verdict ? [verdict.dsn] : [])),
    violations: verdicts.flatMap((verdict) =>
      'fault' in verdict ? [violation(verdict.fault.code, VARIABLE, verdict.fault.message)] : [],
    ),
  };
}

/**
 * Gives the replicas to the database that they are replicas of. Stores with a connection string of
 * their own, to another database, have none.
 * @param shared what `DATABASE_URL` or `DB_HOST` names
 * @returns the databases, and the variable when there is no store that it could serve
 */
export function assignReplicas(
  databases: readonly DatabaseSettings[],
  shared: Dsn | undefined,
  replicas: readonly PostgresAccess[],
): { readonly databases: readonly DatabaseSettings[]; readonly unused: readonly string[] } {
  if (replicas.length === 0) return { databases, unused: [] };
  const served = databases.find(
    (each) => each.type === 'postgresql' && shared && identity(each.dsn) === identity(shared),
  );
  if (served?.type !== 'postgresql') return { databases, unused: [VARIABLE] };
  const { name, type, stores } = served;
  const named = replicas.map((access, index) => ({
    name: `${name}-replica-${index + 1}`,
    type,
    stores,
    ...access,
  }));
  return {
    databases: databases.map((each) => (each === served ? { ...served, replicas: named } : each)),
    unused: [],
  };
}
