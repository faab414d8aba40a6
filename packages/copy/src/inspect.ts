import { statSync } from 'node:fs';
import { type Preset, presetOf } from './presets/presets.js';
import { readTables } from './sqlite/read-tables.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import type { Skipped, SourceTable } from './sqlite/source-table.js';
import { unreadable } from './sqlite/unreadable.js';

/** What a database holds, which program made it, and how it is copied. */
export interface Inspection {
  readonly file: string;
  readonly bytes: number;
  readonly encoding: string;
  readonly journal_mode: string;
  readonly tables: readonly InspectedTable[];
  readonly skipped: readonly Skipped[];
  /** Null for one that no preset knows. */
  readonly program: Pick<Preset, 'name' | 'title' | 'tables' | 'notes'> | null;
  /** What to do, in words and commands, in its order. */
  readonly steps: readonly string[];
}

export interface InspectedTable {
  readonly table: string;
  readonly rows: number;
  readonly columns: number;
  /** Declared types, each with how often it is there. */
  readonly types: string;
}

/** @throws COPY_SOURCE_UNREADABLE */
export function inspectDatabase(source: SourceDatabase, file: string, command: string): Inspection {
  const { tables, skipped } = readTables(source.connection, () => true);
  const preset = presetOf(tables.map(({ name }) => name));
  return {
    file,
    bytes: statSync(file).size,
    encoding: source.encoding,
    journal_mode: String(source.connection.pragma('journal_mode', { simple: true })),
    tables: tables.map((table) => inspected(source, table)),
    skipped,
    program: preset
      ? { name: preset.name, title: preset.title, tables: preset.tables, notes: preset.notes }
      : null,
    steps: preset ? stepsWith(preset, file, command) : stepsWithout(file, command),
  };
}

function inspected({ connection }: SourceDatabase, table: SourceTable): InspectedTable {
  const counts = new Map<string, number>();
  for (const { declaredType } of table.columns) {
    const type = declaredType === '' ? 'none' : declaredType.toUpperCase();
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  try {
    const rows = connection.prepare(`SELECT count(*) FROM ${table.place}`).pluck().get();
    return {
      table: table.name,
      rows: Number(rows),
      columns: table.columns.length,
      types: [...counts].map(([type, count]) => (count > 1 ? `${count} ${type}` : type)).join(', '),
    };
  } catch (error) {
    throw unreadable(table.name, error);
  }
}

function stepsWith(
  { name, schema, options, notes }: Preset,
  file: string,
  command: string,
): readonly string[] {
  const copy = [
    command,
    '--from',
    shellWord(file),
    '--to-file',
    'dsn',
    '--preset',
    name,
    ...options,
  ].join(' ');
  return [
    options.length > 0
      ? `Let the program make its schema in PostgreSQL: ${schema}; then stop it.`
      : `${schema.charAt(0).toUpperCase()}${schema.slice(1)}.`,
    `See what it would do: ${copy} --dry-run`,
    `Do it: ${copy} --report copy.json`,
    ...notes,
  ];
}

function stepsWithout(file: string, command: string): readonly string[] {
  const copy = `${command} --from ${shellWord(file)} --to-file dsn`;
  return [
    `See what it would make, reject and leave out, and which declared types fit: ${copy} --dry-run`,
    'Say with --map what columns mean, such as --map type:DATETIME=timestamptz:utc, or take --types declared.',
    `Do it: ${copy} --report copy.json`,
  ];
}

function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
