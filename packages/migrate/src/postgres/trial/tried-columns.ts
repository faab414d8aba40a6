import type { Statement } from '../parser/statements.js';
import { allOf, asNode } from '../parser/syntax-tree.js';
import { textSql, unquoted } from '../verdicts/statement-parts.js';
import { inTrial } from './copied-relations.js';
import type { Answer } from './trial-transaction.js';
import type { TrialNames } from './trial-names.js';

/** By name, what the rows that are there would get; columns of which that is not known are not there. */
export type TriedColumns = ReadonlyMap<
  string,
  {
    /** NULL, where it may not be. */
    readonly isMissing: boolean;
    /** A value that a CHECK of this column alone refuses. */
    readonly isRefused: boolean;
    /** No value of its type: a domain refuses it, or it cannot be computed. */
    readonly isImpossible: boolean;
  }
>;

/** SQLSTATEs of a value. */
const OF_VALUES = /^2[23]/;

type Asked = (sql: string) => Promise<Answer>;

interface Described {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly value: string;
  readonly checks: readonly string[];
}

/** Computes the defaults of the columns that have just been added to a copy, where that has no effects. */
export async function triedColumns(
  asked: Asked,
  { node }: Statement,
  names: TrialNames,
): Promise<TriedColumns | undefined> {
  const { cmds, relation } = asNode(node, 'AlterTableStmt') ?? {};
  const table = relation && names.find(relation);
  const added = allOf(cmds, 'AlterTableCmd').flatMap(({ subtype, def }) => {
    const column = subtype === 'AT_AddColumn' ? asNode(def, 'ColumnDef') : undefined;
    return column && names.isHarmless(column) ? [column.colname ?? ''] : [];
  });
  if (table === undefined || added.length === 0) return undefined;
  const found = new Map<
    string,
    { isMissing: boolean; isRefused: boolean; isImpossible: boolean }
  >();
  const { rows } = await asked(described(table, added));
  for (const { name, type, required, value, checks } of rows as unknown as Described[]) {
    const {
      rows: [tried],
      error,
    } = await asked(
      `SELECT ${name} IS NOT DISTINCT FROM NULL AS missing, ${['false', ...checks.map((check) => `coalesce(NOT (${check}), false)`)].join(' OR ')} AS refused
         FROM (SELECT CAST(${value} AS ${type}) AS ${name}) AS added`,
    );
    const isImpossible = OF_VALUES.test((error as { code?: string } | undefined)?.code ?? '');
    if (tried || isImpossible)
      found.set(unquoted(name), {
        isMissing: required && tried?.missing === true,
        isRefused: tried?.refused === true,
        isImpossible,
      });
  }
  return found;
}

function described(table: string, columns: readonly string[]): string {
  return `
    SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
           pg_get_expr(d.adbin, d.adrelid) AS value,
           ARRAY(SELECT pg_get_expr(k.conbin, k.conrelid) FROM pg_constraint k
                  WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) AS checks
      FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = ${textSql(inTrial(table))}::regclass AND a.attname IN (${columns.map(textSql).join(', ')})
       AND a.attgenerated = '' AND a.attidentity = ''`;
}
