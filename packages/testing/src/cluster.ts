import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** A PostgreSQL server of the tests' own; passwords are checked. */
export interface Cluster {
  /** Connection string of the superuser, to the `postgres` database. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and removes its files. */
  remove(): Promise<void>;
}

const PASSWORD = 'test-superuser';

/** @param parent of the folder of its files: by default in memory, where there is room */
export async function startCluster(parent?: string): Promise<Cluster> {
  const port = await freePort();
  const folder = await serverFolder(parent);
  // Under root the server runs as another user, who has to get through to its data.
  await chmod(folder, 0o711);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: PASSWORD,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    postgresFlags: ['-c', 'max_connections=200'],
    onLog: () => undefined,
  });
  const remove = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url: `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
    port,
    stop: () => server.stop(),
    start: () => server.start(),
    remove,
  };
}

const MEMORY = '/dev/shm';
/** The tests fill in some millions of rows. */
const ROOM_BYTES = 6 * 1024 ** 3;

/**
 * A new folder for a server's files: by default in memory where there is room for them, so that a server
 * which syncs all it writes, as a real one does, waits for no disk.
 */
export async function serverFolder(parent?: string): Promise<string> {
  return mkdtemp(join(parent ?? (await roomiest()), 'holdfast-postgres-'));
}

async function roomiest(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room >= ROOM_BYTES ? MEMORY : tmpdir();
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
