/** What tells one database from another, whatever its address: kept through a failover to a standby. */
export interface LiveIdentity {
  /** PostgreSQL's `system_identifier`, made with the cluster. */
  readonly cluster: string;
  /** The oid of the database in it. */
  readonly database: string;
}

/** What the first PRODUCTION start has found; a row of `holdfast_identity`. */
export interface PinnedIdentity extends LiveIdentity {
  /** Null when that start had no name for it. */
  readonly environment: string | null;
  /** RFC 3339. */
  readonly pinned_at: string;
  readonly pinned_by: string;
}

export interface DatabaseIdentity {
  readonly live: LiveIdentity;
  /** Null before the first PRODUCTION start. */
  readonly pinned: PinnedIdentity | null;
}

export const LIVE_IDENTITY = `(SELECT system_identifier::text FROM pg_control_system()) AS cluster,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`;

/** Made next to the ledger, by whoever migrates. One row at most. */
export const IDENTITY_TABLE = `
CREATE TABLE IF NOT EXISTS holdfast_identity (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  environment text,
  cluster text NOT NULL,
  database text NOT NULL,
  pinned_at timestamptz NOT NULL DEFAULT now(),
  pinned_by text NOT NULL
);`;

/**
 * Pins when nothing is, fills in a name that was not known, and answers what is pinned then.
 * Parameters: environment, pinned_by.
 */
export const PIN_IDENTITY = `
INSERT INTO holdfast_identity AS pinned (environment, cluster, database, pinned_by)
SELECT $1, live.cluster, live.database, $2 FROM (SELECT ${LIVE_IDENTITY}) AS live
ON CONFLICT (singleton)
  DO UPDATE SET environment = coalesce(pinned.environment, excluded.environment)
RETURNING row_to_json(pinned) AS pinned`;

/** Pins anew, whatever is pinned. Parameters as those of `PIN_IDENTITY`. */
export const ACCEPT_IDENTITY = `
INSERT INTO holdfast_identity AS pinned (environment, cluster, database, pinned_by)
SELECT $1, live.cluster, live.database, $2 FROM (SELECT ${LIVE_IDENTITY}) AS live
ON CONFLICT (singleton) DO UPDATE SET (environment, cluster, database, pinned_at, pinned_by)
  = (excluded.environment, excluded.cluster, excluded.database, now(), excluded.pinned_by)
RETURNING row_to_json(pinned) AS pinned`;

/**
 * In what the database is not the one that was pinned; in words. Environments are compared where both
 * are named.
 * @param environment of this process
 */
export function identityDifferences(
  live: LiveIdentity,
  pinned: PinnedIdentity,
  environment: string | null,
): readonly string[] {
  const named = [pinned.environment, environment].map((name) => name?.toLowerCase());
  const isOther = named[0] !== undefined && named[1] !== undefined && named[0] !== named[1];
  return [
    ...(live.cluster === pinned.cluster ? [] : ['it is in another cluster']),
    ...(live.cluster === pinned.cluster && live.database !== pinned.database
      ? ['it is another database of the cluster']
      : []),
    ...(isOther ? [`it is pinned to the environment ${pinned.environment ?? ''}`] : []),
  ];
}
