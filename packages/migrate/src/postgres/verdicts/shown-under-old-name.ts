import type { SelectStmt } from 'libpg-query';
import { allOf, asNode, relationName, textsOf } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';
import type { Relation } from './relation.js';

/** Where a column of a view comes from, by name. */
type Shown = ReadonlyMap<string, string> | 'as they are';

/** Whether the same migration makes a view of the old name of a table that has all columns by which builds know it. */
export function isTableShown(
  judgement: Judgement,
  { columns, isKnown }: Relation,
  from: string,
  to: string,
): boolean {
  const shown = shownUnder(judgement, from, to);
  if (shown === undefined || !isKnown) return false;
  return [...columns].every(([name, { live }]) => {
    if (live === undefined) return true;
    return shown === 'as they are' ? name === live : shown.get(live) === name;
  });
}

/** The same of a column, whose table gets another name as well. */
export function isColumnShown(
  judgement: Judgement,
  table: string,
  from: string,
  to: string,
): boolean {
  const shown = shownUnder(judgement, table);
  return shown !== undefined && shown !== 'as they are' && shown.get(from) === to;
}

/** Says of whom it cannot be known whether the view is enough for them. */
export function behindView(judgement: Judgement, what: string, from: string): void {
  judgement.notJudged(
    'rename-behind-view',
    `Whether running builds, which find ${what} in the view ${from}, have the rights on it and write nothing that a view does not take.`,
  );
}

/** What a later view of that name shows, of all rows of one table; undefined for none, and for any other view. */
function shownUnder(
  { statement, migration }: Judgement,
  name: string,
  table?: string,
): Shown | undefined {
  const later = migration.slice(migration.indexOf(statement) + 1);
  const views = later.flatMap(({ node }) => asNode(node, 'ViewStmt') ?? []);
  const found = views.find(({ view }) => view && relationName(view) === name);
  const query = asNode(found?.query, 'SelectStmt');
  if (!query || found?.aliases !== undefined || !isPlain(query)) return undefined;
  const [range, ...others] = allOf(query.fromClause, 'RangeVar');
  if (!range || others.length > 0 || query.fromClause?.length !== 1) return undefined;
  if (table !== undefined && relationName(range) !== table) return undefined;
  const targets = allOf(query.targetList, 'ResTarget').map(({ name: as, val }) => {
    const fields = asNode(val, 'ColumnRef')?.fields ?? [];
    const isStar = fields.some((field) => asNode(field, 'A_Star') !== undefined);
    const column = textsOf(fields).at(-1);
    return { isStar, column, as: as ?? column };
  });
  if (targets.length === 1 && targets[0]?.isStar) return 'as they are';
  return new Map(
    targets.flatMap(({ isStar, column, as }) =>
      isStar || column === undefined || as === undefined ? [] : [[as, column] as const],
    ),
  );
}

/** Of a view that is written to like its table. */
function isPlain(query: SelectStmt): boolean {
  const { whereClause, groupClause, havingClause, distinctClause, windowClause } = query;
  const { limitCount, limitOffset, withClause, op = 'SETOP_NONE' } = query;
  const others = [whereClause, groupClause, havingClause, distinctClause, windowClause];
  return (
    op === 'SETOP_NONE' &&
    [...others, limitCount, limitOffset, withClause].every((each) => each === undefined)
  );
}
