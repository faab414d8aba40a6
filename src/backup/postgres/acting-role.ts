import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { ReasonCatalogue } from '@holdfast/core/reasons';
import { withResource } from '@holdfast/core/with-resource';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../backup.reasons.js';
import { openSession } from './session.js';

/** What may be for want of a right. */
const OF_RIGHTS: readonly string[] = [
  'BACKUP_FAILED',
  'RESTORE_FAILED',
  'BACKUP_SCRATCH_REFUSED',
  'POSTGRES_RIGHTS_MISSING',
] satisfies (keyof ReasonCatalogue)[];

/** @returns in words that a session has the rights of another role than has logged in; undefined where it has not */
export async function actingRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ login: string; acting: string }>(
    'SELECT session_user::text AS login, current_user::text AS acting WHERE session_user <> current_user',
  );
  const [found] = rows;
  if (!found) return undefined;
  return `the session of ${found.login} acts as ${found.acting}, as ALTER DATABASE or ALTER ROLE … SET role has it`;
}

/** @param acting of `actingRole`: told with an error that may come of it */
export function withActingRole(error: unknown, acting: string | undefined): unknown {
  if (acting === undefined || !(error instanceof ReasonError)) return error;
  if (!OF_RIGHTS.includes(error.code)) return error;
  return new ReasonError(error.code, { detail: `${error.message}; ${acting}`, cause: error.cause });
}

/** The same where there is no session any more. @returns the error that is to be told */
export async function tellingActingRole(
  error: unknown,
  database: PostgresSettings,
  settings: Settings,
): Promise<unknown> {
  if (!(error instanceof ReasonError) || !OF_RIGHTS.includes(error.code)) return error;
  const acting = await withResource(
    openSession(database, settings, 'backup'),
    destroyClient,
    actingRole,
  ).catch(() => undefined);
  return withActingRole(error, acting);
}
