import { Command } from 'commander';
import type { PostgresSettings } from '@holdfast/guard/databases';
import {
  type DatabaseIdentity,
  identityDifferences,
} from '@holdfast/postgres/verification/identity';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { release } from '../release.js';
import { pinner } from '@holdfast/nest/verification/identity';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { runCommand, subcommand } from './command.js';
import { withDriverFailure } from './migrate-databases.js';
import { withResource } from '@holdfast/core/with-resource';
import { destroySession } from '@holdfast/postgres/sessions/session';

interface Flags {
  readonly json?: boolean;
}

/** `holdfast identity show|accept` */
export function identityCommand(): Command {
  const identity = new Command('identity')
    .description('The databases that the first PRODUCTION start has pinned.')
    .exitOverride()
    .showHelpAfterError('(see holdfast identity --help)');
  identity.addCommand(
    subcommand('identity show', 'what is pinned, and what the databases are').action(
      (flags: Flags) => runCommand(flags, show),
    ),
    { isDefault: true },
  );
  identity.addCommand(
    subcommand(
      'identity accept',
      'pin the databases as they are now, in place of what was pinned; under PRODUCTION',
    ).action((flags: Flags) => runCommand(flags, accept)),
  );
  return identity;
}

async function show({ settings }: CommandContext): Promise<Report> {
  const all = await Promise.all(
    postgresOf(settings).map(async (database) => {
      const { identity } = await withDriverFailure(database, () =>
        withResource(openSession(database, settings.pool, 'probe'), destroySession, (session) =>
          session.inspect(true),
        ),
      );
      return describe(database, identity, settings.environment);
    }),
  );
  const exitCode = all.some(({ status }) => status === 'mismatch') ? EXIT.failed : EXIT.ok;
  return { text: textOf(all), document: { databases: all }, exitCode };
}

/** @throws USAGE under LOCAL */
async function accept({ settings }: CommandContext): Promise<Report> {
  if (settings.profile !== 'PRODUCTION') {
    throw new ReasonError('USAGE', {
      detail: 'identity accept pins databases to PRODUCTION: run it under that profile',
    });
  }
  const { acceptIdentity } = await import('@holdfast/migrate/postgres/run/accept-identity');
  const all = await Promise.all(
    postgresOf(settings).map(async (database) => {
      const identity = await withDriverFailure(database, () =>
        acceptIdentity(database, settings, settings.environment, pinner(release)),
      );
      return describe(database, identity, settings.environment);
    }),
  );
  return { text: textOf(all), document: { databases: all } };
}

function postgresOf({ databases }: CommandContext['settings']): readonly PostgresSettings[] {
  return databases.filter((database) => database.type === 'postgresql');
}

function describe(
  { name }: PostgresSettings,
  identity: DatabaseIdentity | undefined,
  environment: string | null,
) {
  if (!identity) return { name, status: 'unknown', pinned: null, live: null, differences: [] };
  const { live, pinned } = identity;
  const differences = pinned ? identityDifferences(live, pinned, environment) : [];
  const matches = differences.length === 0 ? 'match' : 'mismatch';
  return {
    name,
    status: pinned ? matches : 'unpinned',
    pinned: pinned && {
      environment: pinned.environment,
      system_identifier: pinned.cluster,
      database_oid: pinned.database,
      pinned_at: new Date(pinned.pinned_at).toISOString(),
      pinned_by: pinned.pinned_by,
    },
    live: { environment, system_identifier: live.cluster, database_oid: live.database },
    differences,
  };
}

function textOf(all: readonly ReturnType<typeof describe>[]): string {
  if (all.length === 0) return 'No store is on POSTGRES.\n';
  return all
    .map(({ name, status, pinned, live, differences }) => {
      const line = (title: string, one: typeof live) =>
        one
          ? `  ${title} environment ${one.environment ?? '-'}, cluster ${one.system_identifier}, database ${one.database_oid}\n`
          : '';
      const why = differences.map((difference) => `  ${difference}\n`).join('');
      return `${name}: ${status}\n${line('pinned', pinned)}${line('live  ', live)}${why}`;
    })
    .join('');
}
