import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis as Client } from 'ioredis';
import pg from 'pg';
import {
  createDatabase,
  type TestDatabase,
  testServer,
} from '@holdfast/testing/temporary-database';
import { type Environment, start, type Started } from '../program.js';
import { type RedisServer, startRedis } from '../redis.js';
import type { Outputs } from './outputs.js';
import { watchProcess } from './processes.js';
import type { Seed } from './seeds.js';
import { WITHOUT_CALLERS } from '../without-callers.js';

/** Which variables name the databases: each store's own, shared ones, or parts. */
export const SHAPES = ['own', 'shared', 'parts'] as const;
export type Shape = (typeof SHAPES)[number];

/** Where the connection strings lead. */
export interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
}

export interface Stage {
  readonly database: TestDatabase;
  readonly redis: RedisServer;
  /** Whose password is another one than the seeds say. */
  readonly denied: string;
  /** With the seed of each secret variable where its password belongs. */
  readonly environment: (shape: Shape, target?: Target) => Environment;
  readonly remove: () => Promise<void>;
}

const PRODUCTION = {
  ...WITHOUT_CALLERS,
  APP_ENV: 'staging',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'trace',
  DPM_POLICY_PACKS_ENABLED: 'true',
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
  DB_POOL_SIZE: '1',
  DB_STARTUP_TIMEOUT: '1',
  DB_CONNECT_TIMEOUT_MS: '500',
  MIGRATION_LOCK_TIMEOUT: '1',
  RATE_LIMIT_REQUESTS: '100000',
};

/** Whether a variable holds connection strings of PostgreSQL. */
function isUrl(variable: string): boolean {
  return variable !== 'REDIS_URL' && /_(URLS?|DSN)$/.test(variable);
}

/** Databases whose passwords are the seeds. */
export async function setStage(seeds: ReadonlyMap<string, Seed>): Promise<Stage> {
  const database = await createDatabase();
  const redis = await startRedis();
  const suffix = randomBytes(4).toString('hex');
  const roleOf = (variable: string) => `canary_${variable.toLowerCase()}_${suffix}`;
  const passwords = [...seeds.values()].map(({ variable, text }) => [roleOf(variable), text]);
  const denied = `canary_denied_${suffix}`;
  for (const [role = '', password = ''] of [...passwords, [denied, 'another password']]) {
    await database.query(
      `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD ${pg.escapeLiteral(password)}`,
    );
  }
  const client = new Client(redis.url);
  await client.call(
    'ACL',
    'SETUSER',
    'canary',
    'on',
    `>${textOf('REDIS_URL')}`,
    '~*',
    '&*',
    '+@all',
  );
  client.disconnect();

  function textOf(variable: string): string {
    return seeds.get(variable)?.text ?? '';
  }
  const own = new URL(database.url);
  const postgresUrl = (variable: string, target: Target) => {
    const url = new URL(database.url);
    if (target.host !== undefined) url.hostname = target.host;
    if (target.port !== undefined) url.port = String(target.port);
    if (target.database !== undefined) url.pathname = `/${target.database}`;
    url.username = target.user ?? roleOf(variable);
    url.password = encodeURIComponent(textOf(variable));
    return url.href;
  };
  const environment = (shape: Shape, target: Target = {}): Environment => {
    const used = [...seeds.keys()].filter(
      (variable) =>
        !isUrl(variable) || shape === 'own' || (shape === 'shared' && !variable.endsWith('_DSN')),
    );
    return {
      ...PRODUCTION,
      DB_HOST: target.host ?? own.hostname,
      DB_PORT: String(target.port ?? own.port),
      DB_NAME: target.database ?? own.pathname.slice(1),
      DB_USER: target.user ?? roleOf('DB_PASSWORD'),
      ...Object.fromEntries(
        used.map((variable) => [
          variable,
          isUrl(variable) ? postgresUrl(variable, target) : textOf(variable),
        ]),
      ),
      REDIS_URL: `redis://canary:${encodeURIComponent(textOf('REDIS_URL'))}@127.0.0.1:${redis.port}/0`,
    };
  };
  return {
    database,
    redis,
    denied,
    environment,
    remove: async () => {
      await redis.remove();
      // What they have made goes first.
      await database.drop();
      const roles = [...passwords.map(([role]) => role), denied].join(', ');
      const server = new pg.Client({ connectionString: testServer() });
      await server.connect();
      await server.query(`DROP ROLE ${roles}`);
      await server.end();
    },
  };
}

interface Circumstances {
  /** What its `.env` holds. */
  readonly dotenv?: string;
  readonly meanwhile?: (started: Started) => Promise<void>;
}

/** Runs a program in a folder of its own, and gives all that it leaves behind to the outputs. */
export async function observed(
  outputs: Outputs,
  name: string,
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  environment: Environment,
  { dotenv, meanwhile }: Circumstances = {},
): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-canary-'));
  let started: Started | undefined;
  try {
    if (dotenv !== undefined) writeFileSync(join(folder, '.env'), dotenv);
    started = start(file, args, environment, { cwd: folder });
    const watched = watchProcess(started.process.pid ?? 0);
    await meanwhile?.(started);
    const { code, stdout, stderr } = await started.ended;
    outputs.add(`${name} stdout`, stdout);
    outputs.add(`${name} stderr`, stderr);
    outputs.add(`${name} processes`, watched.seen());
    if (dotenv !== undefined) rmSync(join(folder, '.env'));
    outputs.addFiles(name, folder);
    return code;
  } finally {
    started?.process.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
