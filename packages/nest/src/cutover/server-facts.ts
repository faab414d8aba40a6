/** What a PostgreSQL server says of itself, and of the role that is logged in. */
export interface ServerFacts {
  /** As `server_version_num`: 180001 is 18.1. */
  readonly version: number;
  /** Version of TLS at the server's end; null without. */
  readonly tls: string | null;
  readonly superuser: boolean;
  readonly max_connections: number;
  /** Of these, kept for others. */
  readonly kept: number;
  /** -1 without one. */
  readonly role_limit: number;
  readonly database_limit: number;
}

export const SERVER_FACTS = `
SELECT current_setting('server_version_num')::int AS version,
  (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
  rolsuper AS superuser,
  current_setting('max_connections')::int AS max_connections,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) AS kept,
  rolconnlimit AS role_limit,
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS database_limit
  FROM pg_roles WHERE rolname = current_user`;

/** Milliseconds since 1970. */
export const SERVER_CLOCK = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS clock';
