import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { readFile } from '@holdfast/guard/configure';
import { judgeDsn } from '@holdfast/guard/dsn';
import { accessTo } from '@holdfast/guard/postgres-access';
import { decryptValue, isEncrypted } from '@holdfast/guard/secrets/encrypted-value';
import { readSecretKeys } from '@holdfast/guard/secrets/key-file';
import { safeServerMessage } from '@holdfast/core/server-message';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import type { LockRetryLimits } from '../postgres/lock-retry.js';
import { codeOf } from '../postgres/refusal.js';
import { refuseShared } from '../postgres/refuse-pooler.js';
import { isOwnSession, setSession } from '../postgres/session.js';
import type { TargetFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';

/** What `--to` or `--to-file` names, else the database that the environment does. @throws USAGE */
export function targetOf(
  { settings }: CommandContext,
  { to: given, toFile }: TargetFlags,
  { defaults }: Pick<CopyProgram, 'defaults'>,
): PostgresSettings {
  const to = given ?? (toFile === undefined ? undefined : dsnIn(toFile, '--to-file', settings));
  if (to === undefined) {
    const [database, ...others] = settings.databases.filter((each) => each.type === 'postgresql');
    if (database && others.length === 0) return database;
    throw new ReasonError('USAGE', {
      detail: database
        ? 'the stores are in several databases: name one with --to'
        : defaults.missing,
    });
  }
  return databaseAt(to, '--to', settings);
}

/** The database of a connection string that an option gives. @throws USAGE */
export function databaseAt(
  dsn: string,
  option: string,
  settings: CommandContext['settings'],
): PostgresSettings {
  const hasAuthorities = settings.postgres.ca !== undefined;
  const verdict = judgeDsn(dsn, { readFile, hasAuthorities });
  if ('faults' in verdict) {
    const said = verdict.faults.map(({ message }) => message).join('; ');
    throw new ReasonError('USAGE', { detail: `${option} ${said}` });
  }
  const access = accessTo(verdict.dsn, 'PRODUCTION', settings.postgres);
  return { name: 'target', type: 'postgresql', stores: [], ...access };
}

/**
 * @param sessions that make keys at the same time
 * @throws COPY_REQUIRES_SESSION; the start-up code of what the driver says
 */
export async function connectForCopy(
  { settings }: CommandContext,
  database: PostgresSettings,
  sessions = 1,
): Promise<pg.Client> {
  const { statement_timeout, lock_timeout, ...config } = clientConfig(database, settings.pool);
  const named = { ...config, application_name: `${database.applicationName} copy` };
  let client: pg.Client | undefined;
  try {
    client = await connectClient(named);
    const limits = { sessions, lockTimeoutSeconds: settings.migrationLockTimeoutSeconds };
    if (!(await setSession(client, limits, isOwnSession(client)))) {
      await refuseShared(client, () => connectClient(named));
      await setSession(client, limits, 'true');
    }
    return client;
  } catch (error) {
    if (client) destroyClient(client);
    if (error instanceof ReasonError) throw error;
    throw databaseFailure(database, error);
  }
}

/**
 * The connection string in a file, decrypted where it is encrypted for no variable.
 * @throws USAGE, SECRET_KEY_MISSING, as `decryptValue`
 */
export function dsnIn(
  file: string,
  option: string,
  { secretKeyFile }: Pick<CommandContext['settings'], 'secretKeyFile'>,
): string {
  const text = textOf(file, option).replace(/\r?\n$/, '');
  if (!isEncrypted(text)) return text;
  if (secretKeyFile === undefined) throw new ReasonError('SECRET_KEY_MISSING');
  return decryptValue(text, readSecretKeys(secretKeyFile, readFile));
}

/** What a file that an option names has in it. @throws USAGE */
export function textOf(file: string, option: string): string {
  try {
    return readFile(file);
  } catch (cause) {
    throw new ReasonError('USAGE', { detail: `${option} ${file} cannot be read`, cause });
  }
}

/** Others wait behind each attempt to get a lock: those of the pool may wait longer. */
const MAX_ATTEMPT_MS = 1000;

export function lockRetryOf({ settings }: CommandContext): LockRetryLimits {
  const { lockTimeoutMs } = settings.pool;
  return {
    attemptMs: Math.min(lockTimeoutMs === 0 ? Infinity : lockTimeoutMs, MAX_ATTEMPT_MS),
    seconds: settings.migrationLockTimeoutSeconds,
  };
}

/** Of a copy whose connection has ended. */
export const GO_ON = 'run the same command with --resume: it goes on with what was loaded';

/**
 * What to tell of an error that ends a copy: the server's own words are about the user's tables.
 * @param goOn what to do when the connection has ended
 */
export function copyFailure(error: unknown, goOn?: string): ReasonError {
  if (error instanceof ReasonError) return error;
  const { code = '', message = '', detail } = error as Partial<Record<string, string>>;
  if (isDisconnected(error)) {
    const parts = [safeServerMessage(error), goOn].filter((part) => part !== undefined);
    const said = parts.length === 0 ? {} : { detail: parts.join('; ') };
    return new ReasonError('POSTGRES_CONNECTION_ENDED', { ...said, cause: error });
  }
  return new ReasonError(codeOf({ code, message }), {
    detail: [message, detail].filter((part) => part !== undefined).join(': '),
    cause: error,
  });
}
