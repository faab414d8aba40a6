import { converterFor } from '../rows/converters.js';
import { mixtureOf } from '../rows/mixed-values.js';
import { readRows } from '../rows/read-rows.js';
import { Reject } from '../rows/value.js';
import type { TableContent } from '../sqlite/contents.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { columnTypeFor } from './column-type.js';
import { type MeantType, meantTypes, numberHint } from './declared-type.js';

/** What came of the declared type of a column. */
export interface Declared {
  /** That every value fits; undefined for none. */
  readonly fits: MeantType | undefined;
  /** Why it does not, for people. */
  readonly why: string | undefined;
}

interface Candidate {
  readonly index: number;
  readonly name: string;
  /** Those that are left. */
  left: readonly MeantType[];
  why: string | undefined;
}

/**
 * Looks at every value of the columns that are declared to be something else than what they would become.
 * @returns by the name of the column
 * @throws COPY_SOURCE_UNREADABLE
 */
export function declaredTypes(
  source: SourceDatabase,
  table: SourceTable,
  { columns: contents }: TableContent,
): ReadonlyMap<string, Declared> {
  const columns = table.columns.filter((column) => {
    const content = contents.get(column.name);
    const [meant] = meantTypes(column.declaredType);
    const isOwn = column.generated || column.name === table.rowidColumn;
    return content && meant && !isOwn && meant.type !== columnTypeFor(column, content);
  });
  if (columns.length === 0) return new Map();
  const candidates = columns.map((column, index): Candidate => {
    const content = contents.get(column.name);
    const left = meantTypes(column.declaredType);
    const isMoment = (left[0]?.type ?? '').startsWith('timestamp');
    const first = isMoment ? firstNumber(source, table, column.name) : 0;
    const hint = content && isMoment ? numberHint(table.name, column, content, first) : undefined;
    const isMixed = content !== undefined && mixtureOf(content) !== undefined;
    const why = hint ?? (isMixed ? 'holds values of several storage classes' : undefined);
    return { index, name: column.name, left: why === undefined ? left : [], why };
  });
  judge(source, table, candidates);
  return new Map(candidates.map(({ name, left, why }) => [name, { fits: left[0], why }]));
}

function judge(source: SourceDatabase, table: SourceTable, candidates: readonly Candidate[]): void {
  const names = candidates.map(({ name }) => name);
  const convert = new Map(
    candidates.flatMap(({ left }) =>
      left.map((each) => [each, converterFor(each.type, each.units)]),
    ),
  );
  let open = candidates.filter(({ left }) => left.length > 0);
  if (open.length === 0) return;
  for (const { values, key } of readRows(source, table, names)) {
    for (const candidate of open) {
      const value = values[candidate.index] ?? null;
      if (value === null) continue;
      const reasons: string[] = [];
      candidate.left = candidate.left.filter((each) => {
        const result = value instanceof Reject ? value : convert.get(each)?.(value);
        if (result instanceof Reject) reasons.push(result.reason.replace(/:? ?--map .*$/s, ''));
        return !(result instanceof Reject);
      });
      if (candidate.left.length === 0) candidate.why = `${key()} ${reasons[0] ?? ''}`;
    }
    open = open.filter(({ left }) => left.length > 0);
    if (open.length === 0) return;
  }
}

function firstNumber({ connection }: SourceDatabase, { place }: SourceTable, name: string): number {
  const value = quoted(name);
  return Number(
    connection
      .prepare(
        `SELECT ${value} FROM ${place} WHERE typeof(${value}) IN ('integer', 'real') LIMIT 1`,
      )
      .pluck()
      .get() ?? 0,
  );
}
