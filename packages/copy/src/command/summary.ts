import { reasonFor } from '@holdfast/core/reasons';
import type { CopyReport, TableReport, TypeReport } from '../report.js';
import { durationText } from './pace.js';
import { aligned } from './table.js';

/**
 * The report of a copy for people.
 * @param resume whether one that was interrupted was to be continued
 */
export function copySummary(report: CopyReport, resume = false): string {
  const { tables, rejects, orphans, skipped, notes, types, seconds, dry_run: dryRun } = report;
  const rows = tables.reduce((sum, table) => sum + table.rows_written, 0);
  return [
    ...(dryRun ? report.sql.map((sql) => `${sql};`) : []),
    ...tableLines(tables),
    ...rejects.map(
      ({ table, key, column, reason }) => `rejected: ${table}, ${key}: ${column} ${reason}`,
    ),
    ...orphans.map(
      (each) => `orphans: ${each.rows} rows of ${each.table} refer to no row of ${each.references}`,
    ),
    ...skipped.map(({ kind, name }) => `skipped: ${kind} ${name}`),
    ...notes.map(({ table, text }) => `note: ${table}: ${text}`),
    ...types.map((type) => typeLine(type, dryRun)),
    ...report.obstacles.map(
      ({ code, table, text }) => `obstacle: ${table}: ${text} (${code}: ${reasonFor(code).fix})`,
    ),
    ...(report.unforeseen.length > 0
      ? [`What a dry run cannot tell: ${report.unforeseen.join('; ')}.`]
      : []),
    ...(report.undo?.kept
      ? [
          `What was replaced is kept in the schema ${report.undo.kept.schema} for --undo, until the next --replace; drop it when it is not needed.`,
        ]
      : []),
    ...(resume && !report.already_there ? [resumedLine(report)] : []),
    ...(report.already_there
      ? ['All of it is there, as an earlier copy has left it: nothing was written.']
      : []),
    ...(report.retired_source === null
      ? []
      : [`${report.retired_source} is marked as moved: no process writes to it any more.`]),
    dryRun
      ? `Nothing was written (${seconds.toFixed(1)} s). The copy will take about ${durationText(report.estimated_seconds ?? 0)} on a server of moderate speed.`
      : `${rows} rows of ${tables.length} tables ${report.already_there ? 'compared' : 'copied'} in ${seconds.toFixed(1)} s.`,
    '',
  ].join('\n');
}

function typeLine(
  { table, column, declared, made, proposed, why }: TypeReport,
  isLookedAt: boolean,
): string {
  const begin = `type: ${table}.${column}: declared ${declared}, made ${made}`;
  if (proposed !== null) return `${begin}; --types declared makes it ${proposed}`;
  if (why !== null) return `${begin}: ${why}`;
  return isLookedAt ? begin : `${begin}; a dry run tells whether --types declared fits`;
}

/** Figures one below the other; rows that are reused have a column where there are any. */
function tableLines(tables: readonly TableReport[]): readonly string[] {
  if (tables.length === 0) return [];
  const isResumed = tables.some(({ rows_reused: reused }) => reused > 0);
  return aligned([
    ['table', 'read', ...(isResumed ? ['reused'] : []), 'written', 'rejected', 'MB', 's'],
    ...tables.map((table) => [
      table.table,
      String(table.rows_read),
      ...(isResumed ? [String(table.rows_reused)] : []),
      String(table.rows_written),
      String(table.rows_rejected),
      (table.bytes / 1e6).toFixed(1),
      table.seconds.toFixed(1),
    ]),
  ]);
}

function resumedLine({ resumed, tables }: CopyReport): string {
  if (!resumed)
    return 'There was no copy that was interrupted: everything was read from the start.';
  const of = tables.filter(({ rows_reused: reused }) => reused > 0);
  const rows = of.reduce((sum, table) => sum + table.rows_reused, 0);
  return `Of the copy that was interrupted, ${rows} rows of ${of.length} tables were kept, once compared; the others were read anew.`;
}
