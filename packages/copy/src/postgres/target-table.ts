import type { TableContent } from '../sqlite/contents.js';
import type { SourceColumn, SourceTable } from '../sqlite/source-table.js';
import type { Converter, Reject } from '../rows/value.js';
import type { Mixture } from '../rows/mixed-values.js';
import type { Units } from '../rows/units.js';

/** Where the values of one source column go. */
export interface TargetColumn {
  readonly source: SourceColumn;
  readonly name: string;
  /** As `format_type` writes it; that beneath a domain. */
  readonly type: string;
  /** The same, or the domain. */
  readonly declaredType: string;
  readonly units?: Units;
  /** The user has said what it is. */
  readonly isRuled?: boolean;
  /** It takes values of several storage classes, and keeps apart which is which. */
  readonly mixture?: Mixture | undefined;
  readonly convert: Converter;
  /** What becomes of NULL. */
  readonly missing: null | Reject;
}

/** Where the rows of one source table go. */
export interface TargetTable {
  readonly source: SourceTable;
  readonly content: TableContent;
  readonly name: string;
  /** It does not exist yet. */
  readonly created: boolean;
  readonly columns: readonly TargetColumn[];
  /** Columns that both sides compute: they are compared, not copied. */
  readonly generated: readonly TargetColumn[];
}

/** Something that could not be carried over as it was, and what became of it. */
export interface Note {
  readonly table: string;
  readonly text: string;
}

/** The names of columns in the target; undefined when one is not copied. */
export function targetNames(
  { columns }: TargetTable,
  names: readonly string[],
): readonly string[] | undefined {
  const found = names.map(
    (name) => columns.find(({ source }) => source.name.toLowerCase() === name.toLowerCase())?.name,
  );
  return found.every((name) => name !== undefined) ? found : undefined;
}
