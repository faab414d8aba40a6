import type { PostgresSettings } from '@holdfast/guard/databases';
import { identityDifferences } from '@holdfast/postgres/verification/identity';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { MonitorConnection } from '@holdfast/postgres/replicas/monitor-connection';
import type { DatabaseSession } from '@holdfast/postgres/sessions/session';
import { statusesOf, storesIn } from '@holdfast/migrate/migrator';
import { isServable } from '@holdfast/migrate/status';
import type { Chain, Tell } from './chain.js';
import {
  ANSWER_MS,
  answered,
  boundedDatabase,
  boundedPool,
  type CheckContext,
  judged,
  told,
} from './context.js';
import { failed, type Finding, passed, warned } from './finding.js';
import { needsOf } from '@holdfast/nest/verification/needs';
import { asOfLedger, hasForeign } from '@holdfast/nest/verification/newer-schema';
import {
  DURABILITY_CHECKS,
  judgeDurability,
  judgeRights,
  judgeSchema,
  judgeWarning,
  judgeWrites,
} from './database-condition.js';
import {
  judgeCertificates,
  judgeClock,
  judgeConnections,
  judgeTls,
  judgeVersion,
} from './server-checks.js';
import { SERVER_FACTS, type ServerFacts } from './server-facts.js';

const CHECKS = [
  'connection',
  'writable',
  'tls',
  'certificate',
  'server_version',
  'clock',
  'rights',
  'schema',
  'writes',
  'durability',
  ...Object.keys(DURABILITY_CHECKS),
  'identity',
];

/** All that is to be known of a PostgreSQL database before traffic is sent to it. */
export function postgresChain(given: PostgresSettings, context: CheckContext): Chain {
  const database = boundedDatabase(given);
  const pool = boundedPool(context.settings.pool);
  const nameOf = (check: string) => `database.${database.name}.${check}`;
  return {
    names: [...CHECKS, 'connection_budget'].map(nameOf),
    run: async (tell) => {
      const connection = new MonitorConnection(database, pool, ANSWER_MS);
      let session: DatabaseSession | undefined;
      try {
        session = await told(database, openSession(database, pool, 'probe'));
        tell(nameOf('connection'), passed('connected and logged in'));
        await checkAll(session, connection, database, context, (name, finding) => {
          tell(nameOf(name), finding);
        });
      } finally {
        session?.destroy();
        connection.close();
      }
    },
  };
}

async function checkAll(
  session: DatabaseSession,
  connection: MonitorConnection,
  database: PostgresSettings,
  context: CheckContext,
  tell: Tell,
): Promise<void> {
  const ask = <T>(answer: Promise<T>) => answered(database, answer);
  tell('writable', await judged(() => judgeWritable(session, ask)));
  const facts = await ask(connection.query<ServerFacts>(SERVER_FACTS));
  const isPooled = (await ask(session.busyBackends([]))) === undefined;
  tell('tls', judgeTls(database, facts));
  tell('certificate', judgeCertificates(session.certificates()));
  tell('server_version', judgeVersion(facts));
  tell('clock', await judged(() => ask(judgeClock(connection))));
  await checkCondition(session, database, context, facts.superuser, tell);
  tell('identity', await judged(() => judgeIdentity(session, context, ask)));
  tell('connection_budget', judgeConnections(facts, isPooled, database, context));
}

async function checkCondition(
  session: DatabaseSession,
  database: PostgresSettings,
  { settings, stores }: CheckContext,
  superuser: boolean,
  tell: Tell,
): Promise<void> {
  const own = storesIn(stores(), database);
  const needs = needsOf(own);
  const fitness = answered(database, session.fitness(needs)).then(async (found) =>
    hasForeign(found)
      ? asOfLedger(found, own, (await answered(database, session.inspect())).ledger)
      : found,
  );
  fitness.catch(() => undefined);
  tell('rights', await judged(async () => judgeRights(await fitness, needs, superuser)));
  const isMigrated = async () => {
    const { ledger } = await answered(database, session.inspect());
    return Object.values(statusesOf(own, ledger)).every(isServable);
  };
  const schema = async () => judgeSchema(await fitness, isMigrated);
  tell('schema', await judged(schema));
  tell('writes', await judged(async () => judgeWrites(await fitness, settings)));
  const durability = answered(database, session.durability(needs));
  durability.catch(() => undefined);
  tell('durability', await judged(async () => judgeDurability(await durability, settings)));
  for (const [name, code] of Object.entries(DURABILITY_CHECKS))
    tell(name, await judged(async () => judgeWarning(await durability, code)));
}

/** As the start-up verification does it: by a write that is rolled back. */
async function judgeWritable(
  session: DatabaseSession,
  ask: <T>(answer: Promise<T>) => Promise<T>,
): Promise<Finding> {
  const { readOnly, prepared } = await ask(session.inspect());
  if (readOnly) return failed('POSTGRES_READ_ONLY', 'the database is read-only');
  if (!prepared)
    return failed('MIGRATIONS_PENDING', 'there is no ledger: nothing was migrated yet');
  await ask(session.probeWrite());
  return passed('a row was written and rolled back');
}

async function judgeIdentity(
  session: DatabaseSession,
  { settings }: CheckContext,
  ask: <T>(answer: Promise<T>) => Promise<T>,
): Promise<Finding> {
  const { identity } = await ask(session.inspect(true));
  if (!identity) return passed('not known: no right to read it, or no table for it yet');
  if (!identity.pinned)
    return warned(
      'DATABASE_IDENTITY_UNPINNED',
      'nothing was ever pinned here: the first PRODUCTION start does that, whichever database this is',
    );
  const differences = identityDifferences(identity.live, identity.pinned, settings.environment);
  return differences.length === 0
    ? passed('the database that was pinned')
    : failed('DATABASE_IDENTITY_MISMATCH', differences.join(', '));
}
