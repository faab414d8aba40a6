import { readFileSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import { reinstate } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { RETURN_TABLE } from '../follow/journal-sql.js';
import { ReasonError } from '../reasons.js';
import type { CopyReport } from '../report.js';
import type { UndoRecord } from '../postgres/undo.js';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { TargetFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { connectForCopy, copyFailure, lockRetryOf, targetOf } from './target.js';

/** `--undo REPORT` */
export async function undo(
  context: CommandContext,
  file: string,
  flags: TargetFlags,
  program: CopyProgram,
): Promise<Report> {
  const { undo: record, retiredSource } = recordIn(file);
  const { undoCopy } = await import('../postgres/undo.js');
  const marked = retiredSource === null ? undefined : await openMarked(retiredSource);
  const client = await connectForCopy(context, targetOf(context, flags, program));
  try {
    await undoCopy(client, record, lockRetryOf(context));
    // What it takes is held since before, so that nothing can refuse it any more.
    marked?.exec('COMMIT');
  } catch (error) {
    throw copyFailure(error);
  } finally {
    marked?.close();
    destroyClient(client);
  }
  const tables = record.tables.map(({ table, created, kept }) => ({
    table,
    now: created ? 'gone' : kept ? 'as before' : 'empty',
  }));
  return {
    text: `${tables.map(({ table, now }) => `${table}: ${now}\n`).join('')}The copy is undone.\n`,
    document: { undone: true, schema: record.schema, tables },
  };
}

/** The file without its mark, not committed yet. @throws COPY_SOURCE_UNREADABLE */
async function openMarked(path: string): Promise<Sqlite.Database> {
  const { default: Sqlite } = await import('better-sqlite3');
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(path, { fileMustExist: true });
    connection.exec('BEGIN IMMEDIATE');
    reinstate(connection);
    connection.exec(`DROP TABLE IF EXISTS ${RETURN_TABLE}`);
    return connection;
  } catch (cause) {
    connection?.close();
    throw new ReasonError('COPY_SOURCE_UNREADABLE', {
      detail: `${path}: its mark cannot be taken away`,
      cause,
    });
  }
}

/** @throws USAGE for what is no report of a copy, COPY_UNDO_REFUSED for a copy that changed nothing */
export function recordIn(file: string): {
  readonly undo: UndoRecord;
  readonly retiredSource: string | null;
} {
  let report: Partial<CopyReport> | null;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Partial<CopyReport> | null;
  } catch (cause) {
    throw new ReasonError('USAGE', { detail: `${file}: there is no report`, cause });
  }
  if (report?.undo === undefined || !Array.isArray(report.undo?.tables ?? []))
    throw new ReasonError('USAGE', { detail: `${file} is no report of a copy` });
  if (report.undo === null)
    throw new ReasonError('COPY_UNDO_REFUSED', {
      detail: `${file} tells of no change that could be taken back`,
    });
  return { undo: report.undo, retiredSource: report.retired_source ?? null };
}
