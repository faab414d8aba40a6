import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { type Cancelable, cancelStatement } from '@holdfast/postgres/connection/cancel-statement';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { RETIREMENT_TABLE, retire } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import type { CopyReport, Verification } from '@holdfast/copy/report';
import type { SourceDatabase } from '@holdfast/copy/sqlite/source-database';
import { parseRule, RULE_TYPES } from '@holdfast/copy/rule';
import { type CommandContext, type Report, runCommand, subcommand } from './command.js';
import { copyProgress } from './copy-progress.js';
import {
  connectForCopy,
  lockRetryOf,
  type TargetFlags,
  targetOf,
  copyFailure,
} from './copy-target.js';
import { copySummary } from './copy-summary.js';
import { undo } from './copy-undo.js';
import { stopOnSignal } from './copy-signals.js';
import { rejectsFile } from './copy-rejects.js';
import { reportFile } from './copy-report-file.js';

interface Flags extends TargetFlags {
  readonly json?: boolean;
  readonly from?: string;
  readonly schema?: string;
  readonly tables?: readonly string[];
  readonly exclude: readonly string[];
  readonly map: readonly string[];
  readonly verify: Verification;
  readonly replace?: boolean;
  readonly onReject: 'fail' | 'list';
  readonly onOrphan: 'fail' | 'not-valid';
  readonly allowWriters?: boolean;
  readonly jobs: number;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly undo?: string;
  readonly report?: string;
  readonly rejects?: string;
}

/** Kept by Holdfast itself, on each database: what is copied does not bring its own. */
const OWN_TABLES = [
  'holdfast_migrations',
  'holdfast_write_probe',
  'holdfast_identity',
  RETIREMENT_TABLE,
];

/** Milliseconds that asking the server to cancel a statement may take. */
const CANCEL_MS = 5000;

/** Ends the name of the file of rejects. */
const REJECTS = '.rejects.jsonl';

const list = (text: string) => text.split(',').map((name) => name.trim());
const collect = (text: string, before: readonly string[]) => [...before, text];

const MAX_JOBS = 32;

/** @throws InvalidArgumentError, commander's */
function jobs(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= MAX_JOBS) return Number(text);
  throw new InvalidArgumentError(`It takes a whole number from 1 to ${MAX_JOBS}.`);
}

/** `holdfast copy` */
export function copyCommand(): Command {
  const command = subcommand(
    'copy',
    'Copies an SQLite database into PostgreSQL: loaded aside, verified, switched in at once.',
  )
    .option('--from <file>', 'the SQLite database; it is only read')
    .option(
      '--to <dsn>',
      'the PostgreSQL database; by default that of the stores. Others on this machine can see a password in it: prefer DATABASE_URL_FILE or --to-file',
    )
    .option('--to-file <file>', 'a file with what --to would be')
    .option('--schema <name>', 'schema of the target; by default public, or that of the stores')
    .option('--tables <names>', 'only these tables, separated by commas', list)
    .option('--exclude <names>', 'not these tables', list, [])
    .option(
      '--map <rule>',
      `what a column means: TABLE.COLUMN=TYPE[:UNIT] with ${RULE_TYPES}`,
      collect,
      [],
    )
    .option('--jobs <n>', 'tables to copy at once, each through a connection of its own', jobs, 1)
    .option('--replace', 'put the copied rows in the place of those that are there')
    .option('--allow-writers', 'do not keep other processes from writing to the file meanwhile')
    .option('--dry-run', 'do everything but write')
    .option('--resume', 'continue a copy that was interrupted; from the start if there is none')
    .option('--undo <report>', 'put back what was there before the copy that wrote this report')
    .option('--report <file>', 'write the report as JSON to this file, too')
    .option(
      '--rejects <file>',
      `with --on-reject list: write the rows that are left out to this file, one JSON object a line; by default beside the report, as REPORT${REJECTS}, else holdfast-copy${REJECTS}`,
    );
  command.addOption(
    command
      .createOption('--verify <how>', 'compare what PostgreSQL has stored with what was read')
      .choices(['none', 'counts', 'full'])
      .default('full'),
  );
  command.addOption(
    command
      .createOption('--on-reject <what>', 'rows with values that the target cannot hold')
      .choices(['fail', 'list'])
      .default('fail'),
  );
  command.addOption(
    command
      .createOption('--on-orphan <what>', 'rows that refer to rows which do not exist')
      .choices(['fail', 'not-valid'])
      .default('fail'),
  );
  return command.action((flags: Flags) =>
    runCommand(flags, (context) =>
      flags.undo === undefined ? copy(context, flags) : undo(context, flags.undo, flags),
    ),
  );
}

async function copy(context: CommandContext, flags: Flags): Promise<Report> {
  const { from, dryRun = false } = flags;
  if (from === undefined) throw new ReasonError('USAGE', { detail: '--from is missing' });
  const database = targetOf(context, flags);
  const rules = flags.map.map(parseRule);
  const file = reportFile(flags.report);
  const { SourceDatabase } = await import('@holdfast/copy/sqlite/source-database');
  const { copyDatabase } = await import('@holdfast/copy/copy');
  const { signal, onStop } = stopOnSignal();
  const source = SourceDatabase.open(from, !dryRun && flags.allowWriters !== true);
  try {
    const own = await ownStores(context, flags, source, database);
    const moved = own?.isWhole === true && !dryRun && source.canBeMarked ? resolve(from) : null;
    const clients: pg.Client[] = [];
    const connect = async () => {
      const client = await connectForCopy(context, database);
      clients.push(client);
      onStop(() => {
        cancelStatement(client as unknown as Cancelable, CANCEL_MS);
      });
      return client;
    };
    const client = await connect();
    const progress = copyProgress(flags.json === true);
    const rejects = rejectsFile(rejectsPath(flags));
    try {
      rejects.open();
      const report = await copyDatabase(
        source,
        client,
        {
          sourceName: from,
          schema: flags.schema ?? (own ? await currentSchema(client) : 'public'),
          only: flags.tables,
          exclude: flags.exclude,
          never: OWN_TABLES,
          rules,
          verify: flags.verify,
          replace: flags.replace === true,
          onReject: flags.onReject,
          onOrphan: flags.onOrphan,
          dryRun,
          resume: flags.resume === true,
          detectCompleted: own?.isWhole === true,
          mayCreate: own === undefined,
          jobs: flags.jobs,
          connect,
          beforeSwitch: async (schema, { rejects }) => {
            if (own?.isWhole !== true || !source.holdsWriters || rejects.length > 0) return;
            if (flags.verify !== 'full') return;
            const { compareStores } = await import('./copy-stores.js');
            await compareStores(context, own.stores, from, database, schema);
          },
          beforeCommit: (report) => {
            file.write({ ...report, retired_source: moved });
          },
          lockRetry: lockRetryOf(context),
          signal,
        },
        { ...progress, rejected: rejects.add, restarted: rejects.empty },
      );
      const undo = report.already_there ? file.undoOfEarlier() : report.undo;
      const ended = { ...report, undo, retired_source: moved };
      if (dryRun || report.already_there) file.write(ended);
      file.keep();
      if (moved !== null) markMoved(source);
      return { text: copySummary(ended), document: ended, exitCode: exitCodeOf(ended) };
    } catch (error) {
      const reason = copyFailure(error);
      if (reason.code !== 'COPY_OUTCOME_UNKNOWN') file.discard();
      throw reason;
    } finally {
      progress.stop();
      rejects.close();
      for (const each of clients) destroyClient(each);
    }
  } finally {
    source.close();
  }
}

function rejectsPath({ onReject, rejects, report, dryRun }: Flags): string | undefined {
  if (onReject !== 'list' || dryRun === true) return undefined;
  return rejects ?? `${report ?? 'holdfast-copy'}${REJECTS}`;
}

/** For the stores' own database only: their file, which is marked when all of it has moved. */
async function ownStores(
  context: CommandContext,
  { to, toFile, tables, exclude }: Flags,
  source: SourceDatabase,
  database: PostgresSettings,
): Promise<{ readonly stores: readonly string[]; readonly isWhole: boolean } | undefined> {
  if (to !== undefined || toFile !== undefined) return undefined;
  const { storesOf } = await import('./copy-stores.js');
  const stores = await storesOf(context, source, database);
  return stores && { stores, isWhole: tables === undefined && exclude.length === 0 };
}

async function currentSchema(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string | null }>('SELECT current_schema() AS name');
  return rows[0]?.name ?? 'public';
}

/** The report is there before the mark: what it tells can be undone. @throws COPY_SOURCE_NOT_RETIRED */
function markMoved(source: SourceDatabase): void {
  try {
    source.mark(retire);
  } catch (cause) {
    throw new ReasonError('COPY_SOURCE_NOT_RETIRED', { cause });
  }
}

function exitCodeOf({ dry_run, rejects, orphans }: CopyReport) {
  return dry_run && (rejects.length > 0 || orphans.length > 0) ? EXIT.failed : EXIT.ok;
}
