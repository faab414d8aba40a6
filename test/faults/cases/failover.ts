import pg from 'pg';
import { eventually } from '../../support/eventually.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startPostgresServer } from '../../support/postgres-server.js';
import { startReplicated } from '../../support/replicated.js';
import { startStandby } from '../../support/standby.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import type { FaultCase } from '../case.js';

async function ask(url: string, sql: string): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

export const failover: readonly FaultCase[] = [
  {
    // Writes are acknowledged by both; the address leads to the standby before that is promoted.
    name: 'failover to a streaming standby',
    ready: 'POSTGRES_READ_ONLY',
    stage: async ({ later }) => {
      const primary = await startPostgresServer();
      later(() => primary.remove());
      const database = await createDatabase(primary.url);
      const standby = await startStandby(primary);
      later(() => standby.remove());
      await ask(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
      await ask(primary.url, 'SELECT pg_reload_conf()');
      await eventually(async () => {
        const [row] = await ask(
          primary.url,
          "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'",
        );
        if (!row) throw new Error('the standby does not stream');
      });
      const proxy = await startProxy({ port: primary.port });
      later(() => proxy.close());
      const moved = new URL(database.url);
      moved.port = String(standby.port);
      return {
        environment: { DATABASE_URL: through(proxy, database.url) },
        database: {
          query: async <Row extends object>(sql: string) => (await ask(moved.href, sql)) as Row[],
        },
        breakIt: async () => {
          await primary.stop('SIGKILL');
          proxy.lead({ port: standby.port });
        },
        holdMs: 2500,
        heal: async () => {
          await ask(standby.url, 'ALTER SYSTEM RESET synchronous_standby_names');
          await ask(standby.url, 'SELECT pg_promote(true, 10)');
          await ask(standby.url, 'SELECT pg_reload_conf()');
        },
      };
    },
  },
  {
    // No address leads anywhere else: the pool looks for the one that takes writes.
    name: 'failover among two hosts',
    ready: 'POSTGRES_READ_ONLY',
    stage: async ({ later }) => {
      const cluster = await startReplicated();
      later(() => cluster.remove());
      const { primary, query } = cluster;
      const standby = await cluster.standby('standby');
      await query(primary, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
      await query(primary, 'SELECT pg_reload_conf()');
      await eventually(async () => {
        const [row] = await ask(
          primary.url,
          "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'",
        );
        if (!row) throw new Error('the standby does not stream');
      });
      const url = new URL(cluster.url());
      const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
      return {
        environment: {
          DATABASE_URL: `${url.href.replace(url.host, hosts)}?target_session_attrs=read-write`,
        },
        database: {
          query: <Row extends object>(sql: string) => query<Row>(standby, sql),
        },
        breakIt: () => primary.stop('SIGKILL'),
        holdMs: 2500,
        heal: async () => {
          await query(standby, 'ALTER SYSTEM RESET synchronous_standby_names');
          await query(standby, 'SELECT pg_promote(true, 10)');
          await query(standby, 'SELECT pg_reload_conf()');
        },
      };
    },
  },
];
