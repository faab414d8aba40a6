import { quoted } from '../sqlite/identifiers.js';
import type { SourceTable } from '../sqlite/source-table.js';
import type { TableConstraint } from '../sqlite/table-constraints.js';
import type { AddNote } from './definition.js';
import { shortened } from './names.js';

/** What is written of the constraint of a kind that is on these columns. */
export function constraintOf(
  { constraints }: SourceTable,
  kind: TableConstraint['kind'],
  columns: readonly string[],
): TableConstraint | undefined {
  const wanted = columns.join('\0').toLowerCase();
  return constraints.find(
    (each) => each.kind === kind && each.columns.join('\0').toLowerCase() === wanted,
  );
}

/** Tells of a constraint whose name is too long for PostgreSQL. */
export function noteShortened(given: string | undefined, name: string, note: AddNote): void {
  if (given !== undefined && name === shortened(given) && name !== given)
    note(`constraint ${given}: its name is cut to ${name}`);
}

/**
 * Names of the constraints of one table that are no indexes: PostgreSQL wants each to be there once,
 * SQLite does not mind.
 */
export class ConstraintNames {
  readonly #taken: Set<string>;

  constructor(
    { constraints }: SourceTable,
    private readonly note: AddNote,
  ) {
    this.#taken = new Set(
      constraints.flatMap(({ kind, name }) =>
        name !== undefined && (kind === 'unique' || kind === 'primary key')
          ? [shortened(name)]
          : [],
      ),
    );
  }

  /** @returns `CONSTRAINT "name" `; nothing for one that PostgreSQL is to name */
  clause(given: string | undefined): string {
    const name = shortened(given ?? '');
    if (name === '' || this.#taken.has(name)) return '';
    this.#taken.add(name);
    noteShortened(given, name, this.note);
    return `CONSTRAINT ${quoted(name)} `;
  }
}
