import { converterFor } from '../rows/converters.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** From narrow to wide: what each holds, those after it hold too. */
const WIDTHS = ['bigint', 'numeric', 'text'];

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
      const wider = widest(types.get(one), types.get(other));
      if (wider === undefined) continue;
      types.set(one, wider);
      types.set(other, wider);
      changed = true;
    }
  }
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const type = types.get(column.source) ?? column.type;
      const convert = converterFor(type, column.unit);
      return type === column.type || !convert
        ? column
        : { ...column, type, declaredType: type, convert, mixture: undefined };
    }),
  }));
}

type Pair = readonly [TargetColumn['source'], TargetColumn['source']];

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
      return own && theirs ? [[own.source, theirs.source]] : [];
    });
  });
}

/** @returns undefined when they are the same, or when neither holds the other */
function widest(one = '', other = ''): string | undefined {
  if (one === other || !WIDTHS.includes(one) || !WIDTHS.includes(other)) return undefined;
  return WIDTHS[Math.max(WIDTHS.indexOf(one), WIDTHS.indexOf(other))];
}

/** SQLite's names are the same in upper and lower case. */
function isNamed(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
