import { ReasonError } from './reasons.js';
import { matches, type Rename } from './selection.js';
import { shortened } from './postgres/names.js';
import type { Note } from './postgres/target-table.js';
import type { SourceColumn, SourceTable } from './sqlite/source-table.js';

/** What tables, columns and indexes are called in the target, and which columns are left out. */
export class PlannedNames {
  constructor(
    private readonly tables: readonly SourceTable[],
    private readonly renames: readonly Rename[],
    private readonly skipped: readonly string[],
  ) {}

  /** @throws USAGE for what means nothing that is copied: it would do nothing, unnoticed */
  refuseUnknown(): void {
    const known = new Set(
      this.tables.flatMap(({ name, columns, indexes }) => [
        name,
        ...columns.map((column) => `${name}.${column.name}`),
        ...indexes.map((index) => index.name),
      ]),
    );
    const lost = this.renames.find(({ from }) => !known.has(from));
    if (lost)
      throw new ReasonError('USAGE', {
        detail: `--rename ${lost.from}: no such table, column or index is copied`,
      });
    const columns = this.tables.flatMap((table) =>
      table.columns.map(({ name }) => `${table.name}.${name}`),
    );
    const unused = this.skipped.find((pattern) => !columns.some((name) => matches(pattern, name)));
    if (unused !== undefined)
      throw new ReasonError('USAGE', {
        detail: `--skip-column ${unused}: no such column is copied`,
      });
  }

  ofTable({ name }: SourceTable): string {
    return this.#renamed(name) ?? name;
  }

  ofColumn(table: SourceTable, { name }: SourceColumn): string {
    return this.#renamed(`${table.name}.${name}`) ?? name;
  }

  isSkipped(table: SourceTable, { name }: SourceColumn): boolean {
    return this.skipped.some((pattern) => matches(pattern, `${table.name}.${name}`));
  }

  /** `TABLE.COLUMN` of each that is left out. */
  skippedColumns(): readonly string[] {
    return this.tables.flatMap((table) =>
      table.columns
        .filter((column) => this.isSkipped(table, column))
        .map(({ name }) => `${table.name}.${name}`),
    );
  }

  /** The tables with the names that their indexes get: those that are too long are cut, and told. */
  withIndexNames(): { readonly tables: readonly SourceTable[]; readonly notes: readonly Note[] } {
    const notes: Note[] = [];
    const tables = this.tables.map((table) => ({
      ...table,
      indexes: table.indexes.map((index) => {
        if (index.origin !== 'index') return index;
        const wanted = this.#renamed(index.name) ?? index.name;
        const name = shortened(wanted);
        if (name !== wanted)
          notes.push({ table: table.name, text: `index ${wanted}: its name is cut to ${name}` });
        return { ...index, name };
      }),
    }));
    return { tables, notes };
  }

  #renamed(name: string): string | undefined {
    return this.renames.findLast(({ from }) => from === name)?.to;
  }
}
