import type { FollowedTable } from '../follow/followed-table.js';
import type { TargetColumn, TargetTable } from '../postgres/target-table.js';
import { plannedColumn } from '../postgres/plan-tables.js';
import type { Mixture } from '../rows/mixed-values.js';
import { Reject, type Value } from '../rows/value.js';
import type { Units } from '../rows/units.js';
import type { ColumnContent } from '../sqlite/contents.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { type BackConverter, backConverterFor } from './back-values.js';

/** A table whose rows go back, by the columns that find a row again. */
export interface ReturnTable extends FollowedTable {
  /** One for each column. */
  readonly back: readonly BackConverter[];
  /** The same: bytes are a text that is not UTF-8. */
  readonly areTexts: readonly boolean[];
}

/** What is kept of a column: how it was copied, so that values go back in the same way. */
export interface KeptColumn {
  readonly source: string;
  readonly name: string;
  readonly type: string;
  readonly declaredType: string;
  readonly units: Units;
  readonly isRuled: boolean;
  readonly mixture: Mixture | null;
  readonly notNull: boolean;
  readonly content: ColumnContent | null;
  readonly sample: KeptValue;
}

/** What is kept of a table, as JSON. */
export interface KeptTable {
  readonly source: string;
  readonly name: string;
  readonly created: boolean;
  readonly number: number;
  readonly key: readonly string[];
  readonly columns: readonly KeptColumn[];
  readonly generated: readonly KeptColumn[];
}

/** A value of SQLite as JSON. */
type KeptValue =
  | null
  | { readonly integer: string }
  | { readonly real: number }
  | { readonly text: string }
  | { readonly blob: string };

/** Beyond so many characters a value tells nothing of how it is written. */
const SAMPLE_CHARACTERS = 64;

/** How the rows of a table were copied. */
export function keptTable(source: SourceDatabase, followed: FollowedTable): KeptTable {
  const { table, number, key } = followed;
  const kept = (column: TargetColumn) => keptColumn(source, table, column);
  return {
    source: table.source.name,
    name: table.name,
    created: table.created,
    number,
    key: key.map((column) => column.name),
    columns: table.columns.map(kept),
    generated: table.generated.map(kept),
  };
}

function keptColumn(
  source: SourceDatabase,
  table: TargetTable,
  { source: of, name, type, declaredType, units = [], isRuled, mixture, missing }: TargetColumn,
): KeptColumn {
  return {
    source: of.name,
    name,
    type,
    declaredType,
    units,
    isRuled: isRuled === true,
    mixture: mixture ?? null,
    notNull: missing !== null,
    content: table.content.columns.get(of.name) ?? null,
    sample: keptValue(sampleOf(source, table.source, of.name)),
  };
}

function sampleOf({ connection }: SourceDatabase, { place }: SourceTable, column: string): Value {
  const name = quoted(column);
  const sql = `SELECT ${name} FROM ${place} WHERE ${name} IS NOT NULL AND length(${name}) <= ${SAMPLE_CHARACTERS} LIMIT 1`;
  return (connection.prepare(sql).pluck().get() as Value | undefined) ?? null;
}

function keptValue(value: Value): KeptValue {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return { blob: value.toString('hex') };
  if (typeof value === 'string') return { text: value };
  return typeof value === 'bigint' ? { integer: String(value) } : { real: value };
}

function valueOf(kept: KeptValue): Value {
  if (kept === null) return null;
  if ('integer' in kept) return BigInt(kept.integer);
  if ('real' in kept) return kept.real;
  return 'text' in kept ? kept.text : Buffer.from(kept.blob, 'hex');
}

/** @returns undefined when the file has no such table or column any more */
export function returnTable(
  kept: KeptTable,
  tables: readonly SourceTable[],
): ReturnTable | undefined {
  const source = tables.find(({ name }) => name === kept.source);
  if (!source) return undefined;
  const columnsOf = (columns: readonly KeptColumn[]) =>
    columns.flatMap((column) => restored(column, source) ?? []);
  const columns = columnsOf(kept.columns);
  const key = kept.key.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  if (columns.length < kept.columns.length || key.length < kept.key.length) return undefined;
  return {
    table: {
      source,
      content: { rows: 0, isAssumed: false, hasLongRows: false, columns: new Map() },
      name: kept.name,
      created: kept.created,
      columns,
      generated: columnsOf(kept.generated),
    },
    number: kept.number,
    key,
    back: kept.columns.map(({ type, units, mixture, content, sample }) =>
      backConverterFor(
        { type, units, mixture: mixture ?? undefined },
        { content: content ?? undefined, sample: valueOf(sample) },
      ),
    ),
    areTexts: kept.columns.map(
      ({ type, mixture, content }) =>
        type === 'bytea' && !mixture && (content?.texts ?? 0) > 0 && content?.blobs === 0,
    ),
  };
}

function restored(kept: KeptColumn, source: SourceTable): TargetColumn | undefined {
  const column = source.columns.find(({ name }) => name === kept.source);
  if (!column) return undefined;
  const { name, type, declaredType, units, isRuled, mixture, notNull } = kept;
  const target = { source: column, name, type, units, isRuled, notNull };
  return { ...plannedColumn(target, mixture ?? undefined), declaredType };
}

/** What one value of a row is refused for. */
export function refusalOfValue(column: TargetColumn, value: Value | Reject): string | undefined {
  if (value instanceof Reject) return value.reason;
  const again = value === null ? column.missing : column.convert(value);
  return again instanceof Reject ? again.reason : undefined;
}
