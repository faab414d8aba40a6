import type { Statement } from '../parser/statements.js';
import { allOf, asNode } from '../parser/syntax-tree.js';
import { textSql } from '../verdicts/statement-parts.js';
import { inTrial } from './copied-relations.js';
import type { Answer } from './trial-transaction.js';

/** What a unique index of expressions compares, as the server writes it. */
export interface IndexKeys {
  readonly keys: readonly string[];
  /** Of the rows that are in it; null where all are. */
  readonly where: string | null;
}

/** Of the index that has just been made on a copy; undefined for any other statement, and where columns alone are compared. */
export async function indexKeys(
  asked: (sql: string) => Promise<Answer>,
  { node }: Statement,
): Promise<IndexKeys | undefined> {
  const { unique, idxname, indexParams } = asNode(node, 'IndexStmt') ?? {};
  const hasExpressions = allOf(indexParams, 'IndexElem').some(({ expr }) => expr);
  if (!unique || idxname === undefined || !hasExpressions) return undefined;
  const { rows } = await asked(`
    SELECT ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, false) FROM generate_series(1, i.indnkeyatts) AS place ORDER BY place) AS keys,
           pg_get_expr(i.indpred, i.indrelid) AS where
      FROM pg_index i WHERE i.indexrelid = to_regclass(${textSql(inTrial(idxname))})`);
  return rows[0] as IndexKeys | undefined;
}
