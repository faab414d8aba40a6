import { declaredTypes, type Declared } from './postgres/declared-types.js';
import { meantTypes } from './postgres/declared-type.js';
import type { ColumnMeanings } from './postgres/plan-tables.js';
import type { TargetTable } from './postgres/target-table.js';
import type { TypeReport } from './report.js';
import { type ColumnRule, ruleFor } from './rule.js';
import type { TableContent } from './sqlite/contents.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import type { SourceColumn, SourceTable } from './sqlite/source-table.js';

/** Tables that a rule may be handed down: more are a circle. */
const MAX_DEPTH = 20;

/**
 * The rule on a column, or else on that which it refers to: what is a UUID there is one here.
 * @param tables of the source
 * @param type of the column, where the table is there
 */
export function ruleOn(
  rules: readonly ColumnRule[],
  tables: readonly SourceTable[],
  table: SourceTable,
  column: SourceColumn,
  type?: string,
  depth = 0,
): ColumnRule | undefined {
  const own = ruleFor(rules, table.name, column, type);
  if (own || depth === MAX_DEPTH) return own;
  for (const key of table.foreignKeys) {
    const at = key.columns.findIndex((name) => isNamed(name, column.name));
    const parent = tables.find(({ name }) => isNamed(name, key.table));
    const referred = parent && (key.references.length > 0 ? key.references : parent.primaryKey)[at];
    const theirs = parent?.columns.find(({ name }) => isNamed(name, referred ?? ''));
    const rule = parent && theirs && ruleOn(rules, tables, parent, theirs, type, depth + 1);
    // It gives way to the type of a table that is there.
    if (rule) return { ...rule, table: '*' };
  }
  return undefined;
}

/** The types that columns are declared to have, as far as they were looked at. */
export class DeclaredTypes {
  readonly #found = new Map<SourceTable, ReadonlyMap<string, Declared>>();

  /** @param taken whether columns get them, where all of their values fit */
  constructor(
    private readonly source: SourceDatabase,
    private readonly taken: boolean,
  ) {}

  look(table: SourceTable, content: TableContent): void {
    this.#found.set(table, declaredTypes(this.source, table, content));
  }

  of(table: SourceTable): ColumnMeanings['declaredOf'] {
    const found = this.#found.get(table);
    return ({ name }) => (this.taken ? found?.get(name)?.fits : undefined);
  }

  /** One entry for each column that is made as something else than it is declared. */
  report(made: readonly TargetTable[]): readonly TypeReport[] {
    return made.flatMap(({ name: table, source, columns }) =>
      columns.flatMap(({ source: column, name, type, isRuled }): TypeReport[] => {
        const [meant] = meantTypes(column.declaredType);
        if (!meant || meant.type === type || isRuled === true || column.name === source.rowidColumn)
          return [];
        const found = this.#found.get(source)?.get(column.name);
        const declared = { table, column: name, declared: column.declaredType, made: type };
        return found?.fits?.type === type
          ? []
          : [
              {
                ...declared,
                proposed: found?.fits?.type ?? null,
                why: found?.why ?? null,
              },
            ];
      }),
    );
  }
}

function isNamed(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
