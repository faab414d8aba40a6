import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.js';
import { eventually } from './eventually.js';
import { freePort } from '@holdfast/testing/cluster';

/** User and group "nobody" of Debian: PgBouncer refuses to run as root. */
const NOBODY = 65_534;

/** PgBouncer in front of one database. */
export interface Pooler {
  /** Connection string of the database, through it. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the `pgbouncer` that is installed.
 * @param databaseUrl of the database behind it
 * @param mode when a server connection goes back to the pool
 * @param poolSize server connections at most
 * @param more settings of `pgbouncer.ini`
 */
export async function startPooler(
  databaseUrl: string,
  mode: 'session' | 'transaction' | 'statement',
  poolSize = 2,
  more: Readonly<Record<string, string>> = {},
): Promise<Pooler> {
  const target = new URL(databaseUrl);
  const name = target.pathname.slice(1);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pgbouncer-'));
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
${name} = host=${target.hostname} port=${target.port} dbname=${name} user=${target.username} password='${decodeURIComponent(target.password)}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
max_client_conn = 100
logfile =
${Object.entries(more)
  .map(([key, value]) => `${key} = ${value}`)
  .join('\n')}
`,
  );
  const asRoot = process.getuid?.() === 0;
  chmodSync(folder, 0o700);
  if (asRoot) for (const path of [folder, settings]) chownSync(path, NOBODY, NOBODY);
  const daemon = startDaemon('pgbouncer', [settings], asRoot ? { uid: NOBODY, gid: NOBODY } : {});
  const stop = async () => {
    await daemon.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => reachable(port));
  } catch (error) {
    await stop();
    throw new Error(`pgbouncer does not listen:\n${daemon.log()}`, { cause: error });
  }
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, stop };
}

function reachable(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
