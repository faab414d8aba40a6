import pg from 'pg';
import { eventually } from './eventually.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type PostgresServer, startPostgresServer } from './postgres-server.js';
import { startStandby } from './standby.js';

/** A primary with a database on it, and streaming standbys of it. */
export interface ReplicatedCluster {
  readonly primary: PostgresServer;
  readonly database: TestDatabase;
  /** The database through the ordinary role `app`, on the primary or on a standby. */
  readonly url: (server?: PostgresServer) => string;
  readonly standby: (name: string) => Promise<PostgresServer>;
  /** Runs a statement on one server, as superuser. */
  readonly query: <Row extends object>(server: PostgresServer, sql: string) => Promise<Row[]>;
  readonly remove: () => Promise<void>;
}

export async function startReplicated(): Promise<ReplicatedCluster> {
  const primary = await startPostgresServer();
  const query = async <Row extends object>(server: PostgresServer, sql: string) => {
    const client = new pg.Client({ connectionString: on(server, database.url) });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const database = await createDatabase(primary.url);
  await database.query("CREATE ROLE app LOGIN PASSWORD 'app'");
  await database.query('GRANT ALL ON SCHEMA public TO app');
  const servers = [primary];
  return {
    primary,
    database,
    url: (server = primary) => {
      const url = new URL(on(server, database.url));
      url.username = 'app';
      url.password = 'app';
      return url.href;
    },
    standby: async (name) => {
      const standby = await startStandby(primary, name);
      servers.push(standby);
      return standby;
    },
    query,
    remove: async () => {
      for (const server of servers.reverse()) await server.remove();
    },
  };
}

/** Until the standby has replayed all that the primary has written so far. */
export async function caughtUp(
  { query, primary }: ReplicatedCluster,
  standby: PostgresServer,
): Promise<void> {
  const [written] = await query<{ at: string }>(primary, 'SELECT pg_current_wal_lsn() AS at');
  await eventually(async () => {
    const [replayed] = await query<{ is: boolean }>(
      standby,
      `SELECT pg_last_wal_replay_lsn() >= '${written?.at ?? ''}' AS is`,
    );
    if (!replayed?.is) throw new Error('the standby has not caught up');
  });
}

function on(server: PostgresServer, url: string): string {
  const changed = new URL(url);
  changed.port = String(server.port);
  return changed.href;
}
