import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { converterFor } from '../rows/converters.js';
import { distinctConverter, type Mixture, mixtureOf } from '../rows/mixed-values.js';
import { pgType } from '../rows/pg-type.js';
import { textConverter } from '../rows/text-converters.js';
import { Reject } from '../rows/value.js';
import type { Units } from '../rows/units.js';
import { type ColumnRule, isExact, isOfType } from '../rule.js';
import type { ColumnContent, TableContent } from '../sqlite/contents.js';
import type { SourceColumn, SourceTable } from '../sqlite/source-table.js';
import { columnTypeFor } from './column-type.js';
import type { MeantType } from './declared-type.js';
import { pipelined } from './pipeline.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** A column of a table that is there already. */
interface ExistingColumn {
  readonly table: string;
  readonly name: string;
  /** That of its domain, for a column of one. */
  readonly type: string;
  readonly declaredType: string;
  readonly generated: boolean;
  readonly notNull: boolean;
}

/** What there is in the schema of the target. */
export interface ExistingSchema {
  readonly tables: ReadonlyMap<string, readonly ExistingColumn[]>;
  /** Names of tables, indexes, sequences, views and types. */
  readonly names: ReadonlySet<string>;
}

export async function readExisting(client: pg.Client, schema: string): Promise<ExistingSchema> {
  const [columns, relations] = await pipelined(client, [
    { text: COLUMNS_SQL, values: [schema] },
    { text: NAMES_SQL, values: [schema] },
  ]);
  const tables = new Map<string, ExistingColumn[]>();
  for (const row of (columns?.rows ?? []) as readonly ExistingColumn[])
    tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
  const named = (relations?.rows ?? []) as readonly { readonly name: string }[];
  return { tables, names: new Set(named.map(({ name }) => name)) };
}

const COLUMNS_SQL = `WITH RECURSIVE base (type, oid, typmod) AS (
       SELECT oid, oid, -1 FROM pg_type
       UNION ALL
       SELECT base.type, t.typbasetype, t.typtypmod
         FROM base JOIN pg_type t ON t.oid = base.oid AND t.typtype = 'd'
     )
     SELECT c.relname AS table, a.attname AS name, a.attgenerated <> '' AS generated,
            format_type(base.oid, CASE WHEN base.oid = a.atttypid THEN a.atttypmod ELSE base.typmod END) AS type,
            format_type(a.atttypid, a.atttypmod) AS "declaredType",
            a.attnotnull OR EXISTS (SELECT FROM pg_type t WHERE t.oid = a.atttypid AND t.typnotnull) AS "notNull"
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       JOIN base ON base.type = a.atttypid
       JOIN pg_type t ON t.oid = base.oid AND t.typtype <> 'd'
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
      ORDER BY c.relname, a.attnum`;

const NAMES_SQL = `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1
      UNION SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
             WHERE n.nspname = $1 AND t.typelem = 0`;

/** What tables and columns are called in the target. */
export interface TableNames {
  readonly ofTable: (table: SourceTable) => string;
  readonly ofColumn: (table: SourceTable, column: SourceColumn) => string;
  readonly isSkipped: (table: SourceTable, column: SourceColumn) => boolean;
}

const AS_THEY_ARE: TableNames = {
  ofTable: ({ name }) => name,
  ofColumn: (_, { name }) => name,
  isSkipped: () => false,
};

/** What is known of the columns of a table beside what they hold. */
export interface ColumnMeanings {
  /** @param type of the column, where the table is there */
  readonly ruleOf: (column: SourceColumn, type?: string) => ColumnRule | undefined;
  /** The declared type that every value fits, where that is wanted. */
  readonly declaredOf: (column: SourceColumn) => MeantType | undefined;
}

/**
 * Where the rows of a table go: into the table of that name, or into one that is made.
 * @throws COPY_TARGET_DIFFERS
 */
export function planTable(
  source: SourceTable,
  content: TableContent,
  { tables }: ExistingSchema,
  { ruleOf, declaredOf }: ColumnMeanings,
  names: TableNames = AS_THEY_ARE,
): TargetTable {
  const wanted = names.ofTable(source);
  const name = existingName(wanted, tables);
  const copied = source.columns.filter((column) => !names.isSkipped(source, column));
  if (name === undefined) {
    const columns = copied.flatMap((column) =>
      created(column, names.ofColumn(source, column), content, ruleOf(column), declaredOf(column)),
    );
    return {
      source,
      content,
      name: wanted,
      created: true,
      columns: columns.filter((column) => !column.source.generated),
      generated: columns.filter((column) => column.source.generated),
    };
  }
  const there = tables.get(name) ?? [];
  const columns = copied.flatMap((column) =>
    given(name, column, names.ofColumn(source, column), content, there, { ruleOf, declaredOf }),
  );
  return {
    source,
    content,
    name,
    created: false,
    columns: columns.flatMap(({ column, computed }) => (computed ? [] : [column])),
    generated: columns.flatMap(({ column, computed }) => (computed ? [column] : [])),
  };
}

/** SQLite's names are the same in upper and lower case: the one in another case is meant, too. */
function existingName(
  name: string,
  tables: ReadonlyMap<string, readonly ExistingColumn[]>,
): string | undefined {
  if (tables.has(name)) return name;
  const others = [...tables.keys()].filter((each) => each.toLowerCase() === name.toLowerCase());
  if (others.length > 1) {
    throw new ReasonError('COPY_TARGET_DIFFERS', {
      detail: `${name} may be each of the tables ${others.join(', ')} of the target`,
    });
  }
  return others[0];
}

interface GivenColumn {
  readonly column: TargetColumn;
  /** By PostgreSQL: it cannot be written to. */
  readonly computed: boolean;
}

/** A column that SQLite computes may be missing: nothing of the source is lost with it. */
function given(
  table: string,
  source: SourceColumn,
  wanted: string,
  content: TableContent,
  columns: readonly ExistingColumn[],
  { ruleOf, declaredOf }: ColumnMeanings,
): readonly GivenColumn[] {
  const column =
    columns.find(({ name }) => name === wanted) ??
    columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!column && source.generated) return [];
  if (!column || (column.generated && !source.generated)) {
    throw new ReasonError('COPY_TARGET_DIFFERS', {
      detail: `the table ${table} of the target has no column ${wanted} that can be written to`,
    });
  }
  const { name, type, declaredType, notNull, generated } = column;
  const rule = ruleOf(source, type);
  if (rule && isExact(rule) && !isOfType(rule, type)) {
    throw new ReasonError('COPY_TARGET_DIFFERS', {
      detail: `the column ${table}.${name} of the target is ${type}, and --map says ${rule.type}`,
    });
  }
  const held = content.columns.get(source.name);
  // One that means many columns gives way to what each of them is.
  const taken = rule && isOfType(rule, type) ? rule : undefined;
  // A copy before has made it so.
  const declared = declaredOf(source);
  const { units } = taken ?? (declared?.type === type ? declared : { units: [] });
  const isRuled = taken !== undefined;
  const target = {
    ...targetColumn({ source, held, name, type, units, isRuled, notNull }),
    declaredType,
  };
  return [{ column: target, computed: generated }];
}

function created(
  source: SourceColumn,
  name: string,
  { columns }: TableContent,
  rule: ColumnRule | undefined,
  declared: MeantType | undefined,
): readonly TargetColumn[] {
  const content = columns.get(source.name);
  if (!content) return [];
  const { type, units } = rule ?? declared ?? { type: columnTypeFor(source, content), units: [] };
  const { notNull } = source;
  return [
    targetColumn({
      source,
      held: content,
      name,
      type,
      units,
      isRuled: rule !== undefined,
      notNull,
    }),
  ];
}

const MISSING = new Reject('is NULL, which the column does not take');

/** What a column becomes. */
interface ColumnPlan {
  readonly source: SourceColumn;
  /** Undefined for one that cannot be computed. */
  readonly held: ColumnContent | undefined;
  readonly name: string;
  readonly type: string;
  readonly units: Units;
  /** By a rule of the user. */
  readonly isRuled: boolean;
  readonly notNull: boolean;
}

function targetColumn({ held, ...plan }: ColumnPlan): TargetColumn {
  // Whoever says what a column is says so of all its values.
  const isJudged = plan.isRuled || !held || !COMMON.includes(pgType(plan.type).name);
  return plannedColumn(plan, isJudged ? undefined : mixtureOf(held));
}

/** @param mixture of the column's values; undefined for those of one storage class */
export function plannedColumn(
  { source, name, type, units, isRuled, notNull }: Omit<ColumnPlan, 'held'>,
  mixture: Mixture | undefined,
): TargetColumn {
  // What only PostgreSQL can judge is sent as text; what it refuses ends the copy.
  const convert = converterFor(type, units) ?? textConverter();
  return {
    source,
    name,
    type,
    declaredType: type,
    units,
    isRuled,
    mixture,
    convert: mixture ? distinctConverter(convert, mixture, wayOut(source, type)) : convert,
    missing: notNull ? MISSING : null,
  };
}

/** Types that take values of several storage classes. */
const COMMON = ['text', 'character varying', 'character', 'bytea'];

function wayOut({ name }: SourceColumn, type: string): string {
  const rule = type === 'bytea' ? 'bytea' : 'text';
  return `--map TABLE.${name}=${rule} takes them for the same, --map TABLE.${name}=text:literal keeps them apart`;
}
