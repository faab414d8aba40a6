import { withDeadline } from '@holdfast/core/deadline';
import type { DatabaseSettings, PostgresSettings } from '@holdfast/guard/databases';
import type { DsnHost } from '@holdfast/guard/dsn';
import type { Settings } from '@holdfast/guard/settings';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { ReasonError } from './cutover.reasons.js';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { broken, type Finding } from './finding.js';

/** What the checks are to look at. */
export interface CheckContext {
  readonly settings: Settings;
  /** The migrations of every store; what is wrong with them is thrown when they are read. */
  readonly stores: () => readonly MigratedStore[];
  /** How many processes will serve. */
  readonly instances: number;
  /** Connections that are kept free for others. */
  readonly reserve: number;
}

/** Milliseconds for logging in, and for each answer. */
const LOGIN_MS = 4000;
export const ANSWER_MS = 2500;
/** The server gives up before it is given up, so that it can say why. */
const STATEMENT_MS = 2000;

/** The database with bounds that fit into those of the whole. */
export function boundedDatabase<Database extends DatabaseSettings>(database: Database): Database {
  if (database.type === 'sqlite') return database;
  return { ...database, connectTimeoutMs: Math.min(LOGIN_MS, database.connectTimeoutMs) };
}

export function boundedPool(pool: Settings['pool']): Settings['pool'] {
  return { ...pool, statementTimeoutMs: STATEMENT_MS, lockTimeoutMs: STATEMENT_MS };
}

/** Fails as an unreachable database when there is no answer in time. */
export function withAnswerTimeout<T>(database: DatabaseSettings, answer: Promise<T>): Promise<T> {
  const late = () => databaseFailure(database, undefined);
  return withDriverFailure(database, withDeadline(ANSWER_MS, answer, { late }));
}

/** Fails with the start-up code of what the driver says. */
export async function withDriverFailure<T>(
  database: DatabaseSettings,
  answer: Promise<T>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof ReasonError ? error : databaseFailure(database, error);
  }
}

/** Without a connection, nothing further can be checked. */
const LOST = ['POSTGRES_UNREACHABLE', 'POSTGRES_CONNECTION_ENDED'];

/**
 * A finding of what is judged, or of what keeps it from being checked; those after it are still made.
 * @throws what ends the connection
 */
export async function findingOf(judge: () => Promise<Finding>): Promise<Finding> {
  try {
    return await judge();
  } catch (error) {
    if (!(error instanceof ReasonError) || LOST.includes(error.code)) throw error;
    return broken(error);
  }
}

/** Databases that are, by their connection strings, on the same server. */
export function poolsOn({ dsn }: PostgresSettings, { databases }: Settings): number {
  const isNamed = ({ host, port }: DsnHost) =>
    dsn.hosts.some((each) => each.host === host && each.port === port);
  return databases.filter((each) => each.type === 'postgresql' && each.dsn.hosts.some(isNamed))
    .length;
}
