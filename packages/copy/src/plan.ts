import { createHash } from 'node:crypto';
import { chosenTables } from './chosen-tables.js';
import { ReasonError } from './reasons.js';
import type { CopyOptions } from './options.js';
import { DeclaredTypes, ruleOn } from './plan-types.js';
import { PlannedNames } from './plan-names.js';
import type { Orphans, TypeReport } from './report.js';
import { type ColumnRule, isMeant } from './rule.js';
import { formatFor } from './rows/row-format.js';
import { readContent } from './sqlite/contents.js';
import { sampleContent } from './sqlite/sampled-content.js';
import { readOrphans } from './sqlite/orphans.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import type { Skipped, SourceColumn, SourceTable } from './sqlite/source-table.js';
import { type Definition, defineTable } from './postgres/definition.js';
import { alignKeyTypes } from './postgres/key-types.js';
import { refuseNames, RelationNames } from './postgres/names.js';
import { type ExistingSchema, planTable } from './postgres/plan-tables.js';
import type { CopyIdentity } from './postgres/progress.js';
import { Staging } from './postgres/staging.js';
import type { Note, TargetTable } from './postgres/target-table.js';

/** What a copy will do. */
export interface CopyPlan {
  /** Those that are made come first. */
  readonly tables: readonly TargetTable[];
  readonly made: readonly TargetTable[];
  /** Of the tables that are made. */
  readonly definitions: readonly Definition[];
  readonly orphans: readonly Orphans[];
  readonly skipped: readonly Skipped[];
  /** Beside those of the definitions. */
  readonly notes: readonly Note[];
  readonly types: readonly TypeReport[];
}

/**
 * Looks at everything in the source, and at the names and types of the target.
 * @param asked what there is in the target; the source is looked at meanwhile
 * @param maySample large tables are not looked at, where those who read their rows can tell
 * @throws COPY_TABLE_UNKNOWN, COPY_NAME_UNUSABLE, COPY_TARGET_DIFFERS, COPY_SOURCE_UNREADABLE, USAGE for a
 * rule on a column that is not copied; or the driver's
 */
export async function planCopy(
  source: SourceDatabase,
  asked: Promise<ExistingSchema>,
  options: CopyOptions,
  maySample: boolean,
): Promise<CopyPlan> {
  const { tables: chosen, skipped } = chosenTables(source, options);
  const plannedNames = new PlannedNames(chosen, options.renames, options.skipColumns);
  plannedNames.refuseUnknown();
  const { tables, notes } = plannedNames.withIndexNames();
  const contentOf = (table: SourceTable) =>
    (maySample ? sampleContent(source.connection, table) : undefined) ??
    readContent(source.connection, table);
  const declared = new DeclaredTypes(source, options.types === 'declared');
  const looked = tables.map((table) => ({ table, content: contentOf(table) }));
  const existing = await asked;
  const planned = looked.map(({ table, content }) => {
    if (options.types === 'declared' || options.dryRun) declared.look(table, content);
    const meanings = {
      ruleOf: (column: SourceColumn, type?: string) =>
        ruleOn(options.rules, tables, table, column, type),
      declaredOf: declared.of(table),
    };
    return planTable(table, content, existing, meanings, plannedNames);
  });
  refuseMissing(planned, options);
  refuseTwice(planned);
  refuseRules(options.rules, tables);
  const isBlind = (table: TargetTable) =>
    table.content.isAssumed && formatFor(source, table).name === 'judged';
  const made = alignKeyTypes(planned.filter(({ created }) => created));
  const filled = options.parts === 'schema' ? [] : planned.filter(({ created }) => !created);
  const all = [...made, ...filled];
  if (all.some(isBlind)) return planCopy(source, asked, options, false);
  refuseNames(made, existing.names);
  const schema = options.dryRun ? options.schema : Staging.nameFor(options.schema);
  const names = new RelationNames([...existing.names, ...plannedRelations(planned)]);
  return {
    tables: all,
    made,
    definitions: made.map((table) => defineTable(table, schema, made, names)),
    orphans: options.parts === 'schema' ? [] : readOrphans(source.connection, tables),
    skipped: [
      ...skipped,
      ...plannedNames.skippedColumns().map((name) => ({ kind: 'column', name }) as const),
    ],
    notes,
    types: declared.report(made),
  };
}

/** What is run for the tables that are made, in its order. */
export function statementsOf({ definitions }: CopyPlan): readonly string[] {
  return definitions.flatMap(({ create, keys, attempts, generated, foreignKeys }) => [
    create,
    ...keys,
    ...attempts.map(({ sql }) => sql),
    ...generated.flatMap(({ sql, indexes }) => [sql, ...indexes.map((index) => index.sql)]),
    ...foreignKeys.map(({ sql }) => sql),
  ]);
}

function refuseMissing(
  tables: readonly TargetTable[],
  { mayCreate, parts }: Pick<CopyOptions, 'mayCreate' | 'parts'>,
): void {
  const missing = tables.filter(({ created }) => created).map(({ name }) => name);
  if (missing.length === 0 || (mayCreate && parts !== 'data')) return;
  const why = mayCreate
    ? '--data-only makes none; --exclude leaves them out'
    : 'they belong to a store that is turned off or on another database, or to none';
  throw new ReasonError('COPY_TARGET_DIFFERS', {
    detail: `the target has no tables ${missing.join(', ')}: ${why}`,
  });
}

/** Two tables that exist are found by names in upper and lower case, or by `--rename`. @throws COPY_NAME_UNUSABLE */
function refuseTwice(tables: readonly TargetTable[]): void {
  for (const [at, { name, source }] of tables.entries()) {
    const other = tables.slice(0, at).find((each) => each.name === name);
    if (!other) continue;
    throw new ReasonError('COPY_NAME_UNUSABLE', {
      detail: `the tables ${JSON.stringify(other.source.name)} and ${JSON.stringify(source.name)} both become ${JSON.stringify(name)}`,
    });
  }
}

/** What an interrupted copy has to have in common with the one that continues it. */
export function identityOf(
  { fingerprint }: SourceDatabase,
  { schema, verify, onReject, replace, parts, beforeSql, afterSql }: CopyOptions,
  { tables, definitions }: CopyPlan,
): CopyIdentity {
  const plan = {
    schema,
    verify,
    onReject,
    replace,
    parts,
    beforeSql,
    afterSql,
    definitions,
    tables: tables.map(({ name, created, columns }) => ({
      name,
      created,
      columns: columns.map((column) => [
        column.source.name,
        column.name,
        column.type,
        column.units,
      ]),
    })),
  };
  return {
    source: fingerprint,
    plan: createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
  };
}

/** Names that keys and sequences must leave to those who have them. */
function plannedRelations(tables: readonly TargetTable[]): readonly string[] {
  return tables.flatMap(({ name, source }) => [name, ...source.indexes.map((index) => index.name)]);
}

/** @throws USAGE for a rule on a column that is not copied: it would do nothing, unnoticed */
function refuseRules(rules: readonly ColumnRule[], tables: readonly SourceTable[]): void {
  const lost = rules.find(
    (rule) =>
      rule.isOptional !== true &&
      !tables.some(({ name, columns }) => columns.some((column) => isMeant(rule, name, column))),
  );
  if (lost) {
    throw new ReasonError('USAGE', {
      detail: `--map ${lost.text.replace(/=[^=]*$/, '')}: no such column is copied`,
    });
  }
}
