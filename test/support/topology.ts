import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Composed, type Composition, composition } from './compose.js';
import { startDaemon } from './daemon.js';
import { type PostgresServer, serverUser, startPostgresServer } from './postgres-server.js';
import { freePort } from '@holdfast/testing/cluster';
import { execute } from './program.js';
import { type Service, startService, workingFolder } from './service.js';
import { WITHOUT_CALLERS } from './without-callers.js';

type Later = (work: () => unknown) => void;

/** What docker-compose.production.yml describes, as processes of this machine. */
export interface Topology {
  readonly postgres: PostgresServer;
  /** The folder that `deploy/make-secrets.sh` has made. */
  readonly secrets: string;
  /** What the file gives a service, with the files of its secrets where they really are. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /**
   * @param port 0 for any that is free
   * @param changes in place of what the file says
   * @param installation the folder of another build
   */
  readonly startApp: (
    name: 'app-1' | 'app-2',
    port?: number,
    changes?: Readonly<Record<string, string>>,
    installation?: string,
  ) => Promise<Service>;
  /** The job that migrates, of another build. */
  readonly migrate: (installation: string) => Promise<void>;
}

/**
 * PostgreSQL with its roles and its certificate, Redis, and the migrations; no instance yet.
 * @param startServer of another PostgreSQL than npm's
 */
export async function startTopology(
  later: Later,
  startServer: () => Promise<PostgresServer> = startPostgresServer,
): Promise<Topology> {
  const secrets = join(mkdtempSync(join(tmpdir(), 'holdfast-topology-')), 'secrets');
  later(() => {
    rmSync(join(secrets, '..'), { recursive: true, force: true });
  });
  const postgres = await startServer();
  later(() => postgres.remove());
  const redisPort = await freePort();
  await promisify(execFile)('deploy/make-secrets.sh', [secrets], {
    env: {
      PATH: process.env.PATH,
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: String(postgres.port),
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redisPort),
    },
  });
  await offerTls(postgres, secrets);
  provision(postgres.url, secrets);

  const options = [
    '--port',
    String(redisPort),
    '--bind',
    '127.0.0.1',
    '--dir',
    join(secrets, '..'),
  ];
  const redis = startDaemon('redis-server', [join(secrets, 'redis_conf'), ...options]);
  later(() => redis.kill());

  const composed = composition(secrets);
  await migrate(composed);
  return {
    postgres,
    secrets,
    environmentOf: (name) => environmentOf(composed, service(composed, name)),
    migrate: (installation) => migrate(composed, installation),
    startApp: async (name, port = 0, changes = {}, installation?: string) => {
      const environment = environmentOf(composed, service(composed, name));
      const app = await startService(
        { ...environment, PORT: String(port), ...changes },
        workingFolder(),
        installation,
      );
      later(() => app.stop('SIGKILL'));
      return app;
    },
  };
}

async function offerTls(postgres: PostgresServer, secrets: string): Promise<void> {
  const { uid, gid } = serverUser();
  const flags = ['cert', 'key'].flatMap((part) => {
    const file = join(postgres.data, `tls_${part}`);
    copyFileSync(join(secrets, `postgres_tls_${part}`), file);
    chmodSync(file, 0o600);
    if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
    return ['-c', `ssl_${part}_file=${file}`];
  });
  await postgres.stop();
  await postgres.start(['-c', 'ssl=on', ...flags]);
}

/** @param admin connection string of a role that may create roles and databases */
export function provision(admin: string, secrets: string): void {
  execFileSync('psql', [admin, '--no-psqlrc', '--quiet', '-f', 'deploy/provision.sql'], {
    env: {
      PATH: process.env.PATH,
      OWNER_PASSWORD_FILE: join(secrets, 'owner_password'),
      APP_PASSWORD_FILE: join(secrets, 'app_password'),
      READONLY_PASSWORD_FILE: join(secrets, 'readonly_password'),
      BACKUP_PASSWORD_FILE: join(secrets, 'backup_password'),
      SCRATCH_PASSWORD_FILE: join(secrets, 'scratch_password'),
    },
    stdio: 'pipe',
  });
}

async function migrate(composed: Composition, installation = '.'): Promise<void> {
  const job = service(composed, 'migrate');
  const [, , ...args] = job.command ?? [];
  const environment = environmentOf(composed, job);
  const { code, stderr } = await execute('cli.js', args, environment, { installation });
  if (code !== 0) throw new Error(`migrate ended with ${code}:\n${stderr}`);
}

/** The environment of a service, with the files of its secrets where they really are, and nobody to prove anything. */
function environmentOf({ secrets }: Composition, { environment = {} }: Composed) {
  const text = (value: string) =>
    value.replace(/^\/run\/secrets\/(.*)$/, (_, name: string) =>
      resolve(secrets[name]?.file ?? ''),
    );
  const given = Object.entries(environment).map(([name, value]) => [name, text(value)] as const);
  // Its clients have no tokens, and look at everything where they are.
  return { ...Object.fromEntries(given), ...WITHOUT_CALLERS, OPS_ACCESS: 'open' };
}

function service({ services }: Composition, name: string): Composed {
  const found = services[name];
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}
