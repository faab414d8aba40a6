import type { Judgement } from './judgement.js';
import type { Relation } from './relation.js';

/**
 * Two rows may be the same to a unique index of expressions: the rows are asked, where the trial has made the index
 * and the columns in it have the names that the database knows.
 * @returns false where they cannot be
 */
export function noSameExpressions(
  judgement: Judgement,
  relation: Relation,
  {
    columns,
    areNullsSame,
  }: { readonly columns: readonly string[]; readonly areNullsSame: boolean },
): boolean {
  const { keys, where } = judgement.tried?.keys ?? { keys: [], where: null };
  const isAsKnown = columns.every((name) => relation.columns.get(name)?.live === name);
  if (keys.length === 0 || !isAsKnown) return false;
  const list = keys.join(', ');
  const filled = areNullsSame ? 'true' : keys.map((key) => `(${key}) IS NOT NULL`).join(' AND ');
  judgement.failsWhere(
    relation,
    {
      rule: 'duplicates-are-there',
      text: `Two rows of ${relation.name} have the same ${list}.`,
      fix: 'Correct these rows in an earlier migration.',
    },
    {
      columns,
      question: `whether two rows of ${relation.name} have the same ${list}`,
      sql: (live) =>
        `SELECT EXISTS (SELECT FROM ${live} WHERE (${where ?? 'true'}) AND ${filled} GROUP BY ${list} HAVING count(*) > 1) AS broken`,
      mayRaise: true,
    },
  );
  return true;
}
