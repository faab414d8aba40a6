import { indexOfWord, parenthesised, splitAtCommas, textOf, tokensOf } from './sqlite-ddl.js';

/** What only the text of `CREATE TABLE` says of a column. */
interface ColumnText {
  readonly collation: string | null;
  readonly generated: string | null;
}

/** What only the text of `CREATE TABLE` says; names in lower case. */
export interface TableText {
  readonly columns: ReadonlyMap<string, ColumnText>;
  /** `CHECK (…)` */
  readonly checks: readonly string[];
  /** When foreign keys are checked, by `foreignKeyOf`; absent where at once. */
  readonly deferrals: ReadonlyMap<string, string>;
}

export function foreignKeyOf(columns: readonly string[], table: string): string {
  return `(${columns.join(', ')}) ${table}`.toLowerCase();
}

/** @param sql as `sqlite_schema` keeps it */
export function readTableText(sql: string): TableText {
  const columns = new Map<string, ColumnText>();
  const checks: string[] = [];
  const deferrals = new Map<string, string>();
  for (const definition of splitAtCommas(parenthesised(tokensOf(sql)))) {
    const [first = ''] = definition;
    const isColumn = !/^(constraint|primary|unique|check|foreign)$/.test(first);
    if (isColumn) columns.set(unquoted(first), columnText(definition));
    checks.push(...checksIn(definition));
    const references = indexOfWord(definition, 'references');
    if (references < 0) continue;
    const from = isColumn
      ? [unquoted(first)]
      : parenthesised(definition, indexOfWord(definition, 'foreign'))
          .filter((token) => token !== ',')
          .map(unquoted);
    const deferral = deferralIn(definition.slice(references));
    const table = unquoted(definition[references + 1] ?? '');
    if (deferral !== null) deferrals.set(foreignKeyOf(from, table), deferral);
  }
  return { columns, checks, deferrals };
}

function columnText(definition: readonly string[]): ColumnText {
  const collate = indexOfWord(definition, 'collate');
  const as = indexOfWord(definition, 'as');
  const stored = definition.includes('stored') ? 'STORED' : 'VIRTUAL';
  return {
    collation: collate < 0 ? null : unquoted(definition[collate + 1] ?? ''),
    generated:
      as < 0 ? null : `GENERATED ALWAYS AS (${textOf(parenthesised(definition, as))}) ${stored}`,
  };
}

function checksIn(definition: readonly string[]): readonly string[] {
  const checks: string[] = [];
  for (
    let position = indexOfWord(definition, 'check');
    position >= 0;
    position = indexOfWord(definition, 'check', position + 1)
  ) {
    checks.push(`CHECK (${textOf(parenthesised(definition, position))})`);
  }
  return checks;
}

function deferralIn(reference: readonly string[]): string | null {
  const position = indexOfWord(reference, 'deferrable');
  if (position < 0 || reference[position - 1] === 'not') return null;
  const deferred =
    reference[position + 1] === 'initially' && reference[position + 2] === 'deferred';
  return deferred ? 'DEFERRABLE INITIALLY DEFERRED' : 'DEFERRABLE';
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
