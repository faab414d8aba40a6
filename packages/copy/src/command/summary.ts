import { reasonFor } from '@holdfast/core/reasons';
import type { CopyReport, TypeReport } from '../report.js';

/** The report of a copy for people. */
export function copySummary(report: CopyReport): string {
  const { tables, rejects, orphans, skipped, notes, types, seconds, dry_run: dryRun } = report;
  const rows = tables.reduce((sum, table) => sum + table.rows_written, 0);
  return [
    ...(dryRun ? report.sql.map((sql) => `${sql};`) : []),
    ...tables.map(
      (table) =>
        `${table.table}: ${table.rows_read} rows read, ${table.rows_written} written, ${table.rows_rejected} rejected, ${(table.bytes / 1e6).toFixed(1)} MB, ${table.seconds.toFixed(1)} s`,
    ),
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
    ...(report.already_there
      ? ['All of it is there, as an earlier copy has left it: nothing was written.']
      : []),
    ...(report.retired_source === null
      ? []
      : [`${report.retired_source} is marked as moved: no process writes to it any more.`]),
    dryRun
      ? `Nothing was written (${seconds.toFixed(1)} s). The copy will take about ${duration(report.estimated_seconds ?? 0)} on a server of moderate speed.`
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

function duration(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
