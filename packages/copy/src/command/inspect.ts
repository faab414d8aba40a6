import type { Report } from '@holdfast/guard/command/report';
import type { Inspection } from '../inspect.js';
import { aligned } from './table.js';

/** `copy inspect FILE`. @throws COPY_SOURCE_UNREADABLE, COPY_TABLE_UNKNOWN */
export async function inspect(file: string, command: string): Promise<Report> {
  const { inspectDatabase } = await import('../inspect.js');
  const { SourceDatabase } = await import('../sqlite/source-database.js');
  const source = SourceDatabase.open(file, false);
  try {
    const inspection = inspectDatabase(source, file, command);
    return { text: textOf(inspection), document: inspection };
  } finally {
    source.close();
  }
}

function textOf({
  file,
  bytes,
  encoding,
  journal_mode,
  tables,
  skipped,
  program,
  steps,
}: Inspection): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    `${file}: ${(bytes / 1e6).toFixed(1)} MB, ${encoding}, journal mode ${journal_mode}, ${rows} rows in ${tables.length} tables`,
    program === null
      ? 'No program is recognized by its tables.'
      : `Made by ${program.title}: it has the tables ${program.tables.join(', ')}.`,
    '',
    ...aligned(
      tables.map(({ table, rows: count, columns, types }) => [
        table,
        `${count} rows`,
        `${columns} columns`,
        types,
      ]),
      [0, 3],
    ).map((line) => `  ${line}`),
    ...skipped.map(({ kind, name }) => `  not copied: ${kind} ${name}`),
    '',
    ...steps.map((step, at) => `${at + 1}. ${step}`),
    '',
  ].join('\n');
}
