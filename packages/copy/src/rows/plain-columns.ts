import { type ColumnContent, isOther } from '../sqlite/contents.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceColumn } from '../sqlite/source-table.js';
import type { TargetColumn, TargetTable } from '../postgres/target-table.js';

/** A column all of whose values its target takes as SQLite has them. */
export interface PlainColumn {
  readonly name: string;
  readonly source: SourceColumn;
  readonly kind: 'integer' | 'real' | 'text' | 'blob';
  /** Of an integer in the target. */
  readonly bytes: 2 | 4 | 8;
  readonly hasNulls: boolean;
}

/** SQLite's expressions are at most 1,000 deep. */
const MAX_COLUMNS = 200;

const INTEGER_BYTES: Readonly<Record<string, PlainColumn['bytes']>> = {
  smallint: 2,
  integer: 4,
  bigint: 8,
};

/** @returns undefined when some values have to be judged one by one */
export function plainColumns(
  source: SourceDatabase,
  table: TargetTable,
): readonly PlainColumn[] | undefined {
  // Blocks go from row to row by its number, and texts are passed on as they are stored.
  if (table.source.rowid === undefined || source.encoding !== 'UTF-8') return undefined;
  const plain = table.columns.flatMap((column) => plainColumn(source, table, column) ?? []);
  return plain.length === table.columns.length && plain.length > 0 ? plain : undefined;
}

function plainColumn(
  source: SourceDatabase,
  table: TargetTable,
  column: TargetColumn,
): PlainColumn | undefined {
  const content = table.content.columns.get(column.source.name);
  if (!content || (content.nulls > 0 && column.missing !== null)) return undefined;
  const of = (kind: PlainColumn['kind'], bytes: PlainColumn['bytes'] = 8) =>
    holdsOnly(content, kind)
      ? {
          name: column.source.name,
          source: column.source,
          kind,
          bytes,
          hasNulls: content.nulls > 0,
        }
      : undefined;
  switch (column.type) {
    case 'smallint':
    case 'integer':
    case 'bigint': {
      const plain = of('integer', INTEGER_BYTES[column.type]);
      return plain && isInRange(source, table, plain) ? plain : undefined;
    }
    case 'double precision':
      // SQLite prints a negative zero without its sign.
      return column.source.affinity === 'REAL' || !content.beyondNumeric ? of('real') : undefined;
    case 'text':
    case 'character varying':
      return of('text');
    case 'bytea':
      return of('blob');
    default:
      return undefined;
  }
}

function holdsOnly(content: ColumnContent, kind: PlainColumn['kind']): boolean {
  const { integers, reals, texts, blobs } = content;
  const counts = { integer: integers, real: reals, text: texts, blob: blobs };
  return counts[kind] === integers + reals + texts + blobs;
}

function isInRange(
  { connection }: SourceDatabase,
  { source }: TargetTable,
  { name, bytes }: PlainColumn,
): boolean {
  if (bytes === 8) return true;
  const limit = 2n ** BigInt(bytes * 8 - 1);
  const [least, greatest] = connection
    .prepare(`SELECT min(${quoted(name)}), max(${quoted(name)}) FROM ${source.place}`)
    .raw()
    .get() as [bigint | null, bigint | null];
  return (least ?? 0n) >= -limit && (greatest ?? 0n) < limit;
}

/** Whether rows are so short that many of them make one block. */
export function areNarrow({ content }: TargetTable, columns: readonly PlainColumn[]): boolean {
  const hasBlobs = columns.some(({ kind }) => kind === 'blob');
  return !hasBlobs && !content.hasLongRows && columns.length <= MAX_COLUMNS;
}

/**
 * SQL: a row holds something else than was concluded from the first one.
 * @param rowidColumn holds nothing but integers
 */
export function differsSql(
  columns: readonly PlainColumn[],
  rowidColumn: string | undefined,
): string {
  const others = columns
    .filter(({ name }) => name !== rowidColumn)
    .map(({ source, kind }) => `(${isOther(source, kind)})`);
  return others.join(' OR ') || 'false';
}
