import { afterAll, describe, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { runCase, type Suite } from './case.js';
import { certificates } from './cases/certificates.js';
import { eventLoop } from './cases/event-loop.js';
import { failover } from './cases/failover.js';
import { limits } from './cases/limits.js';
import { names } from './cases/names.js';
import { network } from './cases/network.js';
import { otherDatabase } from './cases/other-database.js';
import { processes } from './cases/processes.js';
import { redis } from './cases/redis.js';
import { refusals } from './cases/refusals.js';
import { shutdown } from './cases/shutdown.js';
import { tables } from './cases/tables.js';
import { type Row, table } from './table.js';

const { later } = cleanup();

const rows: Row[] = [];
let server: Promise<PostgresServer> | undefined;
const suite: Suite = { later, server: () => (server ??= startPostgresServer()) };

afterAll(async () => {
  await (await server)?.remove();
  process.stdout.write(`\n${table(rows)}\n\n`);
});

describe('a service under load', () => {
  it.each([
    ...processes,
    ...network,
    ...refusals,
    ...tables,
    ...otherDatabase,
    ...failover,
    ...limits,
    ...names,
    ...certificates,
    ...redis,
    ...eventLoop,
  ])(
    'survives: $name',
    async (fault) => {
      await runCase(fault, suite, (row) => rows.push(row));
    },
    60_000,
  );

  it.each(shutdown)(
    'loses nothing: $name',
    async ({ run }) => {
      await run(suite, (row) => rows.push(row));
    },
    60_000,
  );
});
