import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../../support/postgres-server.js';
import { type FaultCase, now } from '../case.js';
import { onOwnServer } from './stage.js';

const FEW = ['-c', 'max_connections=40', '-c', 'superuser_reserved_connections=0'];

const QUIET_TURNS = 10;

/** Takes every connection of a server, those of the service too. */
async function takeAll(url: string): Promise<readonly pg.Client[]> {
  const held: pg.Client[] = [];
  const [first] = await takeFree(url);
  if (!first) throw new Error('the server is full already');
  held.push(first);
  // A freed place may be taken by the service again: whoever is quicker. Places become free somewhat
  // after their backends have gone.
  let quietTurns = 0;
  for (let turn = 0; turn < 200; turn += 1) {
    held.push(...(await takeFree(url)));
    const { rowCount } = await first.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'",
    );
    quietTurns = rowCount === 0 ? quietTurns + 1 : 0;
    if (quietTurns === QUIET_TURNS) return held;
    await wait(10);
  }
  throw new Error('the service keeps its connections');
}

async function takeFree(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    // It ends with the server at the latest.
    client.on('error', () => undefined);
    try {
      await client.connect();
      taken.push(client);
    } catch (error) {
      if ((error as { code?: string }).code === '53300') return taken;
      throw error;
    }
  }
}

/** Restarts a server as a standby of nobody; `pg_promote` or the file's removal ends that. */
async function demote(server: PostgresServer, flags: readonly string[], until?: RegExp) {
  await server.stop();
  writeFileSync(join(server.data, 'standby.signal'), '');
  await server.start(flags, until);
}

async function promote(server: PostgresServer): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('SELECT pg_promote(true, 10)');
  await client.end();
}

async function makeReadOnly(url: string, isReadOnly: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SET default_transaction_read_only = off');
  const change = isReadOnly
    ? 'SET default_transaction_read_only = on'
    : 'RESET default_transaction_read_only';
  await client.query(`ALTER SYSTEM ${change}`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

export const refusals: readonly FaultCase[] = [
  {
    name: 'max_connections full (53300)',
    ready: 'POSTGRES_TOO_MANY_CONNECTIONS',
    stage: async (suite) => {
      const server = await suite.server();
      await server.stop();
      await server.start(FEW);
      suite.later(async () => {
        await server.stop();
        await server.start();
      });
      let held: readonly pg.Client[] = [];
      return onOwnServer(suite, () => ({
        breakIt: async () => {
          held = await takeAll(server.url);
          return now();
        },
        holdMs: 2500,
        heal: () => Promise.all(held.map((client) => client.end())),
      }));
    },
  },
  {
    name: 'server recovers and refuses (57P03)',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () =>
          demote(
            server,
            ['-c', 'hot_standby=off'],
            /consistent recovery state|entering standby mode/,
          ),
        holdMs: 2500,
        heal: async () => {
          await server.stop('SIGQUIT');
          rmSync(join(server.data, 'standby.signal'));
          await server.start();
        },
      })),
  },
  {
    name: 'default_transaction_read_only',
    ready: 'POSTGRES_READ_ONLY',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: () => makeReadOnly(server.url, true),
        holdMs: 2500,
        heal: () => makeReadOnly(server.url, false),
      })),
  },
  {
    name: 'primary demoted, and promoted again',
    ready: 'POSTGRES_READ_ONLY',
    stage: (suite) =>
      onOwnServer(suite, (server) => ({
        breakIt: async () => {
          await demote(server, []);
          return now();
        },
        holdMs: 2500,
        heal: () => promote(server),
      })),
  },
];
