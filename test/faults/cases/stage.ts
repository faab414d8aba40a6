import {
  createDatabase,
  type TestDatabase,
  testServer,
} from '@holdfast/testing/temporary-database';
import type { PostgresServer } from '../../support/postgres-server.js';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';
import type { Stage, Suite } from '../case.js';

/** What a case adds: the fault, and variables besides the connection string. */
type Rest = Omit<Stage, 'environment' | 'database'> & {
  readonly settings?: Stage['environment'];
};

/** A database of its own on the server that may be broken. */
export async function onOwnServer(
  { server, later }: Suite,
  rest: (server: PostgresServer, database: TestDatabase) => Rest,
): Promise<Stage> {
  const own = await server();
  const database = await createDatabase(own.url);
  later(() => database.drop());
  return stageOn(database, database.url, rest(own, database));
}

/** A database of its own, reached through a line that may be broken. */
export async function throughProxy(
  { later }: Suite,
  rest: (proxy: TcpProxy, database: TestDatabase) => Rest,
): Promise<Stage> {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  return stageOn(database, through(proxy, database.url), rest(proxy, database));
}

/** A database of its own that nothing happens to. */
export async function onSoundServer(
  { later }: Suite,
  rest: (database: TestDatabase) => Rest,
): Promise<Stage> {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  return stageOn(database, database.url, rest(database));
}

function stageOn(database: TestDatabase, url: string, { settings, ...rest }: Rest): Stage {
  return { environment: { DATABASE_URL: url, ...settings }, database, ...rest };
}
