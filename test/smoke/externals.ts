import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startCluster } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startRedis } from '../support/redis.js';

/** A fresh database with an owner of its own, and a Redis. */
export interface Externals {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Passwords that nothing may print. */
  readonly secrets: readonly string[];
}

type AtEnd = (undo: () => unknown) => void;

/** `SMOKE_DATABASE_URL` (of a superuser) and `SMOKE_REDIS_URL` name servers that run already. */
export async function startExternals(atEnd: AtEnd): Promise<Externals> {
  const password = `q${randomBytes(12).toString('hex')}Z`;
  const server = process.env.SMOKE_DATABASE_URL ?? (await ownCluster(atEnd));
  const role = `holdfast_smoke_${randomBytes(6).toString('hex')}`;
  await asSuperuser(server, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  // Last of all: what the role owns goes with the database.
  atEnd(() => asSuperuser(server, `DROP ROLE ${role}`));
  const database = await createDatabase(server, `OWNER ${role}`);
  atEnd(() => database.drop());
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  const redis = process.env.SMOKE_REDIS_URL ?? (await ownRedis(atEnd));
  const redisPassword = new URL(redis).password;
  return {
    databaseUrl: url.href,
    redisUrl: redis,
    secrets: [password, ...(redisPassword ? [redisPassword] : [])],
  };
}

async function ownCluster(atEnd: AtEnd): Promise<string> {
  const cluster = await startCluster();
  atEnd(() => cluster.remove());
  return cluster.url;
}

async function ownRedis(atEnd: AtEnd): Promise<string> {
  const redis = await startRedis();
  atEnd(() => redis.remove());
  return redis.url;
}

async function asSuperuser(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
