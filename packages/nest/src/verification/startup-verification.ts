import { setTimeout as wait } from 'node:timers/promises';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import { loggingReporter } from '@holdfast/migrate/logging-reporter';
import { ReasonError } from '../reasons.js';
import { refuseUndurable, refuseIncompatible, warnOfCertificates } from './database-refusals.js';
import type { Release } from '@holdfast/core/release';
import { pinIdentity, pinner, refuseOther } from './identity.js';
import { needsOf } from './needs.js';
import { doubtOf, findBroken } from './own-statements.js';
import { asOfLedger } from './newer-schema.js';
import {
  VerifiedIdentity,
  rememberVerifiedIdentity,
} from '@holdfast/postgres/verification/verified-identity';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { faultOf, openSession, type SessionRole } from '@holdfast/postgres/sessions/open-session';
import {
  destroySession,
  type DatabaseSession,
  type Inspection,
} from '@holdfast/postgres/sessions/session';
import {
  type MigratedStore,
  migrateUp,
  migratorIdentity,
  refuseUnmigrated,
  statusesOf,
  storesIn,
} from '@holdfast/migrate/migrator';
import { withDeadline } from '@holdfast/core/deadline';
import { jittered } from '@holdfast/core/jitter';
import { withResource } from '@holdfast/core/with-resource';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const SHORTEST_ATTEMPT_MS = 1000;

/**
 * Reachable, right, writable, migrated: each distinct database, all concurrently, before the port opens.
 * @throws the start-up codes of CONTRACT section 1 (exit code 69)
 */
export async function verifyDatabases(
  settings: Settings,
  stores: readonly MigratedStore[],
  release: Release,
  log: Log,
): Promise<void> {
  await Promise.all(
    settings.databases.map(async (database) => {
      const opening = connectPatiently(database, settings, 'verify', log);
      try {
        await withResource(opening, destroySession, (session) =>
          verify(session, database, settings, storesIn(stores, database), release, log),
        );
      } catch (error) {
        if (error instanceof ReasonError) throw error;
        throw databaseFailure(database, error);
      }
    }),
  );
}

/**
 * Opens a session, trying again while the fault is transient, with exponential backoff and full
 * jitter, for `DB_STARTUP_TIMEOUT` seconds.
 * @throws the code of the last fault
 */
export async function connectPatiently(
  database: DatabaseSettings,
  settings: Settings,
  role: SessionRole,
  log: Log,
): Promise<DatabaseSession> {
  const deadline = Date.now() + settings.startupTimeoutSeconds * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openSession(boundedBy(deadline, database), settings.pool, role);
    } catch (error) {
      const fault = faultOf(database, error);
      const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
      const pause = jittered(ceiling);
      const left = deadline - Date.now();
      if (!fault.transient || left <= 0) throw databaseFailure(database, error);
      log.warn(
        { event: 'database.retry', database: database.name, code: fault.code, attempt },
        `not ready, trying again: ${databaseFailure(database, error).message}`,
      );
      await wait(Math.min(pause, left));
    }
  }
}

/** The last attempt does not outlast the deadline by much, but is long enough for an answer. */
function boundedBy(deadline: number, database: DatabaseSettings): DatabaseSettings {
  if (database.type === 'sqlite') return database;
  const left = Math.max(SHORTEST_ATTEMPT_MS, deadline - Date.now());
  return { ...database, connectTimeoutMs: Math.min(database.connectTimeoutMs, left) };
}

async function verify(
  session: DatabaseSession,
  database: DatabaseSettings,
  settings: Settings,
  stores: readonly MigratedStore[],
  release: Release,
  log: Log,
): Promise<void> {
  const answer = boundedAnswers(settings.startupTimeoutSeconds * 1000, session, database);
  const isProduction = settings.profile === 'PRODUCTION';
  let inspection = await answer(session.inspect(isProduction));
  if (inspection.readOnly) {
    throw new ReasonError(database.type === 'sqlite' ? 'SQLITE_READ_ONLY' : 'POSTGRES_READ_ONLY', {
      detail: `the ${database.name} database (${database.stores.join(', ')}) is read-only`,
    });
  }
  refuseOther(database, inspection.identity, settings.environment);
  if (isBehind(stores, inspection) && (database.type === 'sqlite' || settings.migrateOnStart)) {
    const identity = migratorIdentity(release);
    await migrateUp(database, stores, settings, identity, loggingReporter(log));
    inspection = await answer(session.inspect(isProduction));
  }
  refuseUnmigrated(stores, inspection.ledger);
  if (!inspection.prepared) {
    throw new ReasonError('MIGRATIONS_PENDING', {
      detail: `the ${database.name} database (${database.stores.join(', ')}) has no ledger`,
    });
  }
  const needs = needsOf(stores);
  const doubt = doubtOf(stores, inspection.ledger);
  const broken =
    doubt.stores.length > 0 ? await answer(findBroken(session, doubt.stores)) : undefined;
  const compatibility = asOfLedger(
    await answer(session.compatibility(needs)),
    stores,
    inspection.ledger,
    broken ?? [],
  );
  refuseIncompatible(database, compatibility, settings, log);
  await answer(session.probeWrite());
  refuseUndurable(database, await answer(session.durability(needs)), settings, log);
  warnOfCertificates(database, session.certificates(), log);
  if (!isProduction || database.type === 'sqlite') return;
  await pinIdentity(database, inspection.identity, settings, log, (environment) =>
    answer(session.pin(environment, pinner(release))),
  );
  const live = inspection.identity?.live ?? (await answer(session.identify()));
  if (live) rememberVerifiedIdentity(database, new VerifiedIdentity(live, settings.environment));
}

function isBehind(stores: readonly MigratedStore[], { ledger, prepared }: Inspection): boolean {
  const statuses = Object.values(statusesOf(stores, ledger));
  return !prepared || statuses.some(({ pending }) => pending.length > 0);
}

/** A server may accept a connection and never answer: the session is given up, not waited for. */
function boundedAnswers(timeoutMs: number, session: DatabaseSession, database: DatabaseSettings) {
  const late = () => {
    session.destroy();
    return databaseFailure(database, undefined);
  };
  return <T>(question: Promise<T>): Promise<T> => withDeadline(timeoutMs, question, { late });
}
