import { converterFor } from '../rows/converters.js';
import { pgType } from '../rows/pg-type.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** From narrow to wide: what each holds, those after it hold too. */
const WIDTHS = ['bigint', 'numeric', 'text'];

/** Of types that are made where they are declared: each gives way to one of those. */
const WIDER: Readonly<Record<string, string>> = {
  numeric: 'numeric',
  'character varying': 'text',
  uuid: 'text',
};

/**
 * PostgreSQL compares a foreign key only with columns of its own type, where SQLite compares
 * whatever there is: the narrower of two is made as wide as the other.
 */
export function alignKeyTypes(tables: readonly TargetTable[]): readonly TargetTable[] {
  const types = new Map<TargetColumn['source'], string>();
  for (const { columns } of tables) for (const { source, type } of columns) types.set(source, type);
  const pairs = tables.flatMap((table) => keyPairs(table, tables));
  for (let changed = true; changed;) {
    changed = false;
    for (const [one, other] of pairs) {
      const wider = widest(widthOf(one, types), widthOf(other, types));
      if (wider === undefined) continue;
      types.set(one.source, wider);
      types.set(other.source, wider);
      changed = true;
    }
  }
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const type = types.get(column.source) ?? column.type;
      const units = column.isRuled === true ? column.units : [];
      const convert = converterFor(type, units);
      return type === column.type || !convert
        ? column
        : { ...column, type, units: units ?? [], declaredType: type, convert, mixture: undefined };
    }),
  }));
}

interface Width {
  readonly type: string;
  /** As what it is compared with others: what a rule says is kept. */
  readonly width: string;
}

function widthOf(
  { source, isRuled }: TargetColumn,
  types: ReadonlyMap<TargetColumn['source'], string>,
): Width {
  const type = types.get(source) ?? '';
  return { type, width: isRuled === true ? type : (WIDER[pgType(type).name] ?? type) };
}

type Pair = readonly [TargetColumn, TargetColumn];

function keyPairs({ source, columns }: TargetTable, all: readonly TargetTable[]): readonly Pair[] {
  return source.foreignKeys.flatMap((key) => {
    const parent = all.find((table) => isNamed(table.source.name, key.table));
    if (!parent) return [];
    const references = key.references.length > 0 ? key.references : parent.source.primaryKey;
    return key.columns.flatMap((name, index): Pair[] => {
      const own = columns.find((column) => isNamed(column.source.name, name));
      const theirs = parent.columns.find((column) =>
        isNamed(column.source.name, references[index] ?? ''),
      );
      return own && theirs ? [[own, theirs]] : [];
    });
  });
}

/** @returns undefined when they are the same, or when neither holds the other */
function widest(one: Width, other: Width): string | undefined {
  if (one.type === other.type) return undefined;
  const [a, b] = [WIDTHS.indexOf(one.width), WIDTHS.indexOf(other.width)];
  return a < 0 || b < 0 ? undefined : WIDTHS[Math.max(a, b)];
}

/** SQLite's names are the same in upper and lower case. */
function isNamed(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
