import type { PostgresSettings } from '@holdfast/guard/databases';
import { identityDifferences } from '@holdfast/postgres/verification/identity';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { MonitorConnection } from '@holdfast/postgres/replicas/monitor-connection';
import { destroySession, type DatabaseSession } from '@holdfast/postgres/sessions/session';
import { statusesOf, storesIn } from '@holdfast/migrate/migrator';
import { isServable } from '@holdfast/migrate/status';
import type { Chain, ReportFinding } from './chain.js';
import {
  ANSWER_MS,
  withAnswerTimeout,
  boundedDatabase,
  boundedPool,
  type CheckContext,
  findingOf,
  withDriverFailure,
} from './context.js';
import { failed, type Finding, passed, warned } from './finding.js';
import { needsOf } from '../verification/needs.js';
import { asOfLedger } from '../verification/newer-schema.js';
import { doubtOf, findBroken } from '../verification/own-statements.js';
import {
  DURABILITY_CHECKS,
  judgeDurability,
  judgeExcessRights,
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
import { withResource } from '@holdfast/core/with-resource';

const CHECKS = [
  'connection',
  'writable',
  'tls',
  'certificate',
  'server_version',
  'clock',
  'rights',
  'least_rights',
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
    run: async (report) => {
      const connection = new MonitorConnection(database, pool, ANSWER_MS);
      const opening = withDriverFailure(database, openSession(database, pool, 'probe'));
      try {
        await withResource(opening, destroySession, async (session) => {
          report(nameOf('connection'), passed('connected and logged in'));
          await checkAll(session, connection, database, context, (name, finding) => {
            report(nameOf(name), finding);
          });
        });
      } finally {
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
  report: ReportFinding,
): Promise<void> {
  const bounded = <T>(answer: Promise<T>) => withAnswerTimeout(database, answer);
  report('writable', await findingOf(() => judgeWritable(session, bounded)));
  const facts = await bounded(connection.query<ServerFacts>(SERVER_FACTS));
  const isPooled = (await bounded(session.busyBackends([]))) === undefined;
  report('tls', judgeTls(database, facts));
  report('certificate', judgeCertificates(session.certificates()));
  report('server_version', judgeVersion(facts));
  report('clock', await findingOf(() => bounded(judgeClock(connection))));
  await checkCondition(session, database, context, report);
  report('identity', await findingOf(() => judgeIdentity(session, context, bounded)));
  report('connection_budget', judgeConnections(facts, isPooled, database, context));
}

async function checkCondition(
  session: DatabaseSession,
  database: PostgresSettings,
  { settings, stores }: CheckContext,
  report: ReportFinding,
): Promise<void> {
  const own = storesIn(stores(), database);
  const needs = needsOf(own);
  const compatibility = withAnswerTimeout(database, session.compatibility(needs)).then(
    async (found) => {
      // Without a right to the ledger that is what is wrong.
      if (found.lacking.length > 0) return found;
      const { ledger } = await withAnswerTimeout(database, session.inspect());
      const broken = await withAnswerTimeout(
        database,
        findBroken(session, doubtOf(own, ledger).stores),
      );
      return asOfLedger(found, own, ledger, broken ?? []);
    },
  );
  compatibility.catch(() => undefined);
  report('rights', await findingOf(async () => judgeRights(await compatibility, needs)));
  const excess = withAnswerTimeout(database, session.excessRights(needs));
  excess.catch(() => undefined);
  report('least_rights', await findingOf(async () => judgeExcessRights(await excess)));
  const isMigrated = async () => {
    const { ledger } = await withAnswerTimeout(database, session.inspect());
    return Object.values(statusesOf(own, ledger)).every(isServable);
  };
  const schema = async () => judgeSchema(await compatibility, isMigrated);
  report('schema', await findingOf(schema));
  report('writes', await findingOf(async () => judgeWrites(await compatibility, settings)));
  const durability = withAnswerTimeout(database, session.durability(needs));
  durability.catch(() => undefined);
  report('durability', await findingOf(async () => judgeDurability(await durability, settings)));
  for (const [name, code] of Object.entries(DURABILITY_CHECKS))
    report(name, await findingOf(async () => judgeWarning(await durability, code)));
}

/** As the start-up verification does it: by a write that is rolled back. */
async function judgeWritable(
  session: DatabaseSession,
  bounded: <T>(answer: Promise<T>) => Promise<T>,
): Promise<Finding> {
  const { readOnly, prepared } = await bounded(session.inspect());
  if (readOnly) return failed('POSTGRES_READ_ONLY', 'the database is read-only');
  if (!prepared)
    return failed('MIGRATIONS_PENDING', 'there is no ledger: nothing was migrated yet');
  await bounded(session.probeWrite());
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
