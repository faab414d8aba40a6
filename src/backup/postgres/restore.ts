import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { withResource } from '@holdfast/core/with-resource';
import type { ReasonCatalogue } from '@holdfast/core/reasons';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { contentBytes, readContent } from '../folder/content.js';
import type { BackupFile, PostgresBackup } from '../manifest.js';
import { findTool, type PostgresTool } from '../tools/find-tool.js';
import { databaseArgument, libpqAccess } from '../tools/libpq-access.js';
import { runTool, ToolFailed } from '../tools/run-tool.js';
import type { BesideRows } from '../media/restore-media.js';
import { actingRole, withActingRole } from './acting-role.js';
import { readDefined, refuseOtherThan } from './compare-restored.js';
import { databaseThatDiffers, readExtensions, readSettings } from './database-settings.js';
import { refuseNotEmpty } from './empty-target.js';
import { localeOf, serverMajor } from './facts.js';
import { mediaPagesOf } from './media-pages.js';
import { readRights, rightsThatDiffer } from './rights.js';
import { openSession } from './session.js';
import { missingTablespaces } from './tablespaces.js';
import { toolSettings } from './tool-settings.js';

/** What a restore has left out on purpose, in words. */
export type RestoreNotes = readonly string[];

export interface RestoredDatabase {
  readonly backup: PostgresBackup;
  readonly file: BackupFile;
  readonly beside?: BesideRows | undefined;
}

/**
 * Fills an empty database in one transaction, and compares it with what was backed up.
 * @param folder of the backup, whose files have been verified
 * @param keepsRights whether owners and grants are restored where their roles are there
 * @throws RESTORE_TARGET_NOT_EMPTY, RESTORE_FAILED, RESTORE_MISMATCH, BACKUP_TOOL_MISSING, BACKUP_TOOL_TOO_OLD,
 * and the start-up codes
 */
export async function restoreDatabase(
  context: BackupContext,
  target: PostgresSettings,
  folder: string,
  { backup, file, beside }: RestoredDatabase,
  keepsRights: boolean,
): Promise<RestoreNotes> {
  return withResource(
    openSession(target, context.settings, 'restore'),
    destroyClient,
    async (client) => {
      const acting = await actingRole(client);
      try {
        await refuseNotEmpty(client, backup);
        const before = await readDefined(client);
        const major = await serverMajor(client);
        const needed = Math.max(major, Number.parseInt(backup.tool_version, 10));
        const tool = await findTool('pg_restore', needed, context.tools);
        const missing = keepsRights ? await missingRoles(client, backup) : [];
        const withRights = keepsRights && missing.length === 0;
        const unplaced = await missingTablespaces(client, backup.tablespaces);
        const withTablespaces = unplaced.length === 0;
        await beside?.before();
        await runRestore(context, {
          target,
          client,
          tool,
          folder,
          file,
          withRights,
          withTablespaces,
        });
        await beside?.after(await mediaPagesOf(client));
        await refuseOtherThan(backup, { client, major, before, withTablespaces }, context.signal);
        const notes = [
          ...(await databaseNotes(client, backup)),
          ...(withTablespaces ? [] : [`tablespaces are not restored: ${unplaced.join(', ')}`]),
        ];
        if (missing.length > 0)
          return [...notes, `owners and grants are not restored: ${missing.join(', ')}`];
        return withRights ? [...notes, ...(await rightsNotes(client, backup))] : notes;
      } catch (error) {
        context.signal.throwIfAborted();
        throw withActingRole(failureOf(target, error), acting);
      }
    },
  );
}

const DATABASE_DIFFERS = 'RESTORE_DATABASE_DIFFERS' satisfies keyof ReasonCatalogue;

async function databaseNotes(client: pg.Client, backup: PostgresBackup): Promise<RestoreNotes> {
  const restored = {
    locale: await localeOf(client),
    settings: await readSettings(client),
    extensions: await readExtensions(client),
  };
  const differing = databaseThatDiffers(backup, restored);
  return differing === undefined ? [] : [`${DATABASE_DIFFERS}: ${differing}`];
}

const RIGHTS_DIFFER = 'RESTORE_RIGHTS_DIFFER' satisfies keyof ReasonCatalogue;

/** It does not undo the restore: whose rows are whole may be served as soon as the rights are put right. */
async function rightsNotes(client: pg.Client, { rights }: PostgresBackup): Promise<RestoreNotes> {
  if (!rights) return [];
  const differing = rightsThatDiffer(rights, await readRights(client, Object.keys(rights)));
  if (differing === undefined) return [];
  return [`${RIGHTS_DIFFER}: ${differing}`];
}

interface Restoring {
  readonly target: PostgresSettings;
  readonly client: pg.Client;
  readonly tool: PostgresTool;
  readonly folder: string;
  readonly file: BackupFile;
  readonly withRights: boolean;
  readonly withTablespaces: boolean;
}

async function runRestore(
  context: BackupContext,
  { target, client, tool, folder, file, withRights, withTablespaces }: Restoring,
): Promise<void> {
  const server = { host: client.host, port: client.port };
  const access = await libpqAccess(target, server, 'restore', await toolSettings(client));
  const { child, ended } = runTool(
    tool,
    [
      '--single-transaction',
      '--exit-on-error',
      '--no-password',
      ...(withRights ? [] : ['--no-owner', '--no-privileges']),
      ...(withTablespaces ? [] : ['--no-tablespaces']),
      databaseArgument(target.dsn.database),
    ],
    access,
    context.signal,
  );
  const step = context.progress.begin(`restore ${file.name}`, contentBytes(file));
  if (!child.stdin) throw new TypeError('a program is started with pipes');
  child.stdout?.resume();
  try {
    const content = readContent(context.settings, folder, file);
    await pipeline(counted(content, step.bytes), child.stdin);
  } catch (error) {
    // It says itself why it takes no more.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
      // Of what ends too early it takes nothing, and the target is left alone by then.
      await ended.catch(() => undefined);
      throw error;
    }
  }
  await ended;
  step.end();
}

async function* counted(
  source: AsyncIterable<Buffer>,
  tell: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    yield chunk;
    bytes += chunk.length;
    tell(bytes);
  }
}

/** Roles that are not there, or that the role which restores may not give things to. */
async function missingRoles(
  client: pg.Client,
  { owners, grantees }: PostgresBackup,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ why: string }>(
    `SELECT CASE WHEN r.oid IS NULL THEN 'there is no role ' || name
                 ELSE 'the role ' || current_user || ' is no member of ' || name END AS why
       FROM (SELECT name, name = ANY ($1) AS owns FROM unnest($1::text[] || $2::text[]) AS name GROUP BY 1) AS needed
       LEFT JOIN pg_roles r ON r.rolname = name
      WHERE r.oid IS NULL OR owns AND NOT pg_has_role(current_user, r.oid, 'MEMBER')
      ORDER BY name`,
    [owners, grantees],
  );
  return rows.map(({ why }) => why);
}

function failureOf(target: PostgresSettings, error: unknown): unknown {
  if (error instanceof ReasonError) return error;
  if (error instanceof ToolFailed)
    return new ReasonError('RESTORE_FAILED', { detail: error.message, cause: error });
  return databaseFailure(target, error);
}
