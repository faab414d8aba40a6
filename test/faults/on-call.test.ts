import { afterAll, describe, expect, it } from '@jest/globals';
import type { ReasonCode } from '@holdfast/core/reasons';
import { cleanup } from '../support/cleanup.js';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { jsonLines } from '../support/program.js';
import { type Service, startService, workingFolder } from '../support/service.js';
import { ENVIRONMENT, type FaultCase, now, type Suite } from './case.js';
import { certificates } from './cases/certificates.js';
import { limits } from './cases/limits.js';
import { network } from './cases/network.js';
import { otherDatabase } from './cases/other-database.js';
import { processes } from './cases/processes.js';
import { redis } from './cases/redis.js';
import { refusals } from './cases/refusals.js';
import { tables } from './cases/tables.js';
import { startClient } from './client.js';

/** What whoever is on call has before them. */
type Source = 'page' | 'metrics' | 'log';

const { later } = cleanup();
let server: Promise<PostgresServer> | undefined;
const suite: Suite = { later, server: () => (server ??= startPostgresServer()) };

const cases = [
  ...processes,
  ...network,
  ...refusals,
  ...tables,
  ...otherDatabase,
  ...limits,
  ...certificates,
  ...redis,
];

/** Ten faults, and the code that says what each is. */
const FAULTS: readonly (readonly [string, ReasonCode])[] = [
  ['postmaster killed (-9) and started again', 'POSTGRES_UNREACHABLE'],
  ['line drops everything, without a reset', 'POSTGRES_UNREACHABLE'],
  ['max_connections full (53300)', 'POSTGRES_TOO_MANY_CONNECTIONS'],
  ['default_transaction_read_only', 'POSTGRES_READ_ONLY'],
  ["PostgreSQL's disk full", 'POSTGRES_DISK_FULL'],
  ['rights revoked', 'POSTGRES_RIGHTS_MISSING'],
  ['column renamed', 'SCHEMA_INCOMPATIBLE'],
  ['another database behind the DSN', 'DATABASE_IDENTITY_MISMATCH'],
  ['all slots in pg_sleep', 'POOL_TIMEOUT'],
  ['Redis gets another password', 'REDIS_AUTH_FAILED'],
];

/** Of each fault, after how many milliseconds each source has named its code. */
const named = new Map<string, Readonly<Partial<Record<Source, number>>>>();

afterAll(async () => {
  await (await server)?.remove();
  const sources: readonly Source[] = ['page', 'metrics', 'log'];
  const rows = [...named].map(([name, at]) =>
    [name.padEnd(42), ...sources.map((source) => String(at[source] ?? '-').padStart(8))].join(''),
  );
  const hits = sources.map((source) => [...named.values()].filter((at) => source in at).length);
  process.stdout.write(
    [
      `\n${'named after ms, with nothing else'.padEnd(42)}    page metrics     log`,
      ...rows,
      `${`of ${named.size}`.padEnd(42)}${hits.map((count) => String(count).padStart(8)).join('')}\n`,
    ].join('\n'),
  );
});

/** Whether a source alone names the code by now. */
const NAMES: Readonly<Record<Source, (service: Service, code: string) => Promise<boolean>>> = {
  page: async ({ url }, code) => (await textOf(`${url}/status`)).includes(code),
  metrics: async ({ url }, code) => {
    const value = (series: string) => `^${series}\\{[^}]*code="${code}"[^}]*\\} [1-9]`;
    const told = new RegExp(
      `${value('holdfast_check_failing')}|${value('holdfast_problems_total')}`,
      'm',
    );
    return told.test(await textOf(`${url}/metrics`));
  },
  log: (service, code) =>
    Promise.resolve(
      jsonLines(service.output()).some(
        ({ level, code: told }) => told === code && level !== 'info',
      ),
    ),
};

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** Asks each source again until it names the code, or the fault is over. */
async function namedAfter(service: Service, code: string, sinceMs: number, untilMs: number) {
  const at: Partial<Record<Source, number>> = {};
  while (now() < untilMs && Object.keys(at).length < 3) {
    for (const source of ['page', 'metrics', 'log'] as const) {
      if (at[source] === undefined && (await NAMES[source](service, code)))
        at[source] = Math.round(now() - sinceMs);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return at;
}

describe('the page alone, the metrics alone and the log alone', () => {
  it.each(FAULTS)(
    'name what is wrong: %s',
    async (name, code) => {
      const fault = cases.find((each: FaultCase) => each.name === name);
      if (!fault) throw new Error(`there is no case ${name}`);
      const stage = await fault.stage(suite);
      const service = await startService({ ...ENVIRONMENT, ...stage.environment }, workingFolder());
      later(() => service.stop('SIGKILL'));
      const client = startClient({ url: service.url });
      later(() => {
        client.kill();
      });
      await client.warm;
      expect(await NAMES.page(service, code)).toBe(false);
      const brokenAt = now();
      await stage.breakIt(service);
      const at = await namedAfter(service, code, brokenAt, brokenAt + Math.max(stage.holdMs, 8000));
      named.set(name, at);
      await stage.heal(service);
      await client.end();
      expect(Object.keys(at).sort()).toEqual(['log', 'metrics', 'page']);
    },
    90_000,
  );
});
