import { type LiveConstraints, mismatchedConstraints } from './constraints.js';
import { isWidened } from './widened.js';
import { interceptions, type LiveInterception } from './interception.js';

/** What may be done with the rows of a table. */
export const TABLE_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

export type TableRight = (typeof TABLE_RIGHTS)[number];

/** A column as a build's statements know it. */
export interface ColumnNeeds {
  /** `typname` of the type on PostgreSQL, with its modifier where it has one: `varchar(3)`. */
  readonly type: string;
  readonly notNull: boolean;
  /** The server fills it in where an INSERT leaves it out. */
  readonly filled: boolean;
}

/** What a build's statements do with a table. */
export interface TableNeeds {
  readonly rights: readonly TableRight[];
  /** Columns that an UPDATE sets; without them, some right to UPDATE is enough. */
  readonly updates?: readonly string[];
  /** By name; those of Holdfast's own tables are not compared, and none is listed. */
  readonly columns: Readonly<Record<string, ColumnNeeds>>;
  /**
   * Unique keys, each by the names of its columns in the alphabet's order; behind those of a partial one
   * stands WHERE.
   */
  readonly keys?: readonly string[];
  /** What else refuses rows, by its columns: `CHECK (a, b)`, `REFERENCES t (a)`. */
  readonly constraints?: readonly string[];
}

/** What a build needs of one database: its tables by name. */
export type DatabaseNeeds = Readonly<Record<string, TableNeeds>>;

/** A column as it is. */
export interface LiveColumn extends ColumnNeeds {
  /** Takes no value: `GENERATED ALWAYS`. */
  readonly generated: boolean;
}

/** A table that is needed, as it is. */
export interface LiveTable extends LiveConstraints, LiveInterception {
  readonly name: string;
  /** Whether the search path leads to a table of that name. */
  readonly there: boolean;
  /** There, in a schema of the search path that the role may not use. */
  readonly hidden: boolean;
  /** Schemas of the search path with a table of that name, where they are several. */
  readonly rivals: readonly string[];
  /** Of the rights that are needed, those that the role lacks. */
  readonly lacking: readonly string[];
  readonly columns: Readonly<Record<string, LiveColumn>>;
}

/** In what a database does not give what a build needs; in words, for logs and commands alone. */
export interface Compatibility {
  /** `UPDATE on orders` */
  readonly lacking: readonly string[];
  readonly mismatches: readonly Mismatch[];
  /** What drops, changes or hides rows. */
  readonly intercepting: readonly Mismatch[];
  /** Triggers that only see what was written: `write_down on orders`. */
  readonly watching: readonly string[];
}

/** Nothing is wrong. */
export const COMPATIBLE: Compatibility = {
  lacking: [],
  mismatches: [],
  intercepting: [],
  watching: [],
};

/** Where the statements and a table do not fit. */
export interface Mismatch {
  readonly table: string;
  /** `there is no column orders.revision` */
  readonly text: string;
  /** Neither made nor needed by this build's migrations; a newer build may have made it. */
  readonly foreign?: true;
  /** Gone; a newer build may have taken it away. */
  readonly missing?: true;
  /** Whose statement it is that fails. */
  readonly store?: string;
}

/** Types whose values a statement reads and writes alike. */
const ALIKE = [
  ['text', 'varchar'],
  ['json', 'jsonb'],
];

/** Compares what is needed with what is there. */
export function judgeCompatibility(
  needs: DatabaseNeeds,
  live: readonly LiveTable[],
): Compatibility {
  const lacking: string[] = [];
  const mismatches: Mismatch[] = [];
  const intercepting: Mismatch[] = [];
  const watching: string[] = [];
  for (const table of live) {
    const need = needs[table.name] ?? { rights: [], columns: {} };
    const { rights, columns } = need;
    if (table.hidden) lacking.push(`USAGE on the schema of ${table.name}`);
    else if (!table.there && rights.length > 0)
      mismatches.push({
        table: table.name,
        text: `there is no table ${table.name}`,
        missing: true,
      });
    if (table.rivals.length > 0) mismatches.push({ table: table.name, text: ambiguity(table) });
    lacking.push(...table.lacking.map((right) => `${right} on ${table.name}`));
    if (table.there && Object.keys(columns).length > 0) {
      mismatches.push(...mismatchesOf(table, columns));
      mismatches.push(...mismatchedConstraints(table.name, need, table));
    }
    // Without any right to the rows, that is what is wrong.
    const isHeld = table.there && table.lacking.length === 0;
    if (isHeld) intercepting.push(...interceptions(table.name, need, table));
    if (rights.length > 0) watching.push(...table.after.map((name) => `${name} on ${table.name}`));
  }
  return { lacking, mismatches, intercepting, watching };
}

/** A session takes the first; which one that is, a schema named like the role decides. */
function ambiguity({ name, rivals }: LiveTable): string {
  return `${name} is in several schemas of the search path: ${rivals.join(', ')}`;
}

/** As `judgeCompatibility`, of tables and columns alone. */
export function mismatchedTables(
  needs: DatabaseNeeds,
  live: readonly Pick<LiveTable, 'name' | 'there' | 'columns'>[],
): readonly Mismatch[] {
  return live.flatMap((table) => {
    const { rights, columns } = needs[table.name] ?? { rights: [], columns: {} };
    if (!table.there)
      return rights.length > 0
        ? [{ table: table.name, text: `there is no table ${table.name}` }]
        : [];
    if (Object.keys(columns).length === 0) return [];
    return mismatchesOf(table, columns);
  });
}

function mismatchesOf(
  { name, columns: live }: Pick<LiveTable, 'name' | 'columns'>,
  needed: Readonly<Record<string, ColumnNeeds>>,
): readonly Mismatch[] {
  const known = Object.entries(needed).flatMap(([column, needs]): Mismatch[] => {
    const place = `${name}.${column}`;
    const is = live[column];
    if (!is) return [{ table: name, text: `there is no column ${place}`, missing: true }];
    return mismatchOf(place, needs, is).map((text) => ({ table: name, text }));
  });
  const unknown = Object.entries(live).filter(([column]) => !Object.hasOwn(needed, column));
  return [
    ...known,
    ...unknown
      .filter(([, { notNull, filled }]) => notNull && !filled)
      .map(([column]) => ({
        table: name,
        text: `${name}.${column}, which this build does not know, has to be given`,
      })),
  ];
}

function mismatchOf(place: string, needs: ColumnNeeds, live: LiveColumn): string[] {
  const isAlike =
    live.type === needs.type ||
    isWidened(needs.type, live.type) ||
    ALIKE.some((types) => types.includes(live.type) && types.includes(needs.type));
  if (!isAlike) return [`${place} is ${live.type}, not ${needs.type}`];
  if (live.generated && !needs.filled) return [`${place} takes no value`];
  if (live.notNull && !needs.notNull) return [`${place} takes no NULL`];
  if (live.notNull && needs.filled && !live.filled) return [`${place} has lost its default`];
  return [];
}
