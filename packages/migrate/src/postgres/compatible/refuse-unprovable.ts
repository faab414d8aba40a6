import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../../migration.js';
import type { Query } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import { asNode, nameOf, type NodeType, partsOf } from '../parser/syntax-tree.js';
import { computesSafely } from './index-expressions.js';

/** Settings of connections to come, which the proof has none of. */
const SETS_DEFAULTS: readonly NodeType[] = ['AlterDatabaseSetStmt', 'AlterRoleSetStmt'];

/**
 * What empties a table takes from running builds what no statement of theirs can tell. What runs outside a transaction
 * could not be taken back: of that, only what no statement can notice may say that it is backward-compatible. Nor may
 * what is seen by connections alone that are opened later.
 * @throws MIGRATION_NOT_COMPATIBLE:<store>:<version>
 */
export async function refuseUnprovable(
  ask: Query,
  migration: Migration,
  statements: readonly Statement[],
): Promise<void> {
  if (!migration.backwardCompatible) return;
  const setting = statements.find(({ type }) => SETS_DEFAULTS.includes(type));
  if (setting)
    throw refusal(
      migration,
      `line ${setting.line} sets what connections begin with, those of builds that run, too. Set it in a migration of its own, without the mark`,
    );
  const emptying = statements.find(({ type }) => type === 'TruncateStmt');
  if (emptying)
    throw refusal(
      migration,
      `line ${emptying.line} empties a table, and no statement of a running build can say whether it misses the rows. Empty it in a migration of its own, without the mark`,
    );
  if (migration.transactional) return;
  for (const { node } of statements) {
    if (asNode(node, 'ReindexStmt') ?? asNode(node, 'VacuumStmt')) continue;
    const index = asNode(node, 'IndexStmt');
    if (index && index.unique !== true) {
      if (await computesSafely(ask, index)) continue;
      throw refusal(
        migration,
        'without a transaction it could not be taken back, and what the index computes may fail for a row that a running build writes',
      );
    }
    const dropped = asNode(node, 'DropStmt');
    if (dropped?.removeType === 'OBJECT_INDEX') {
      const names = (dropped.objects ?? []).map((object) => nameOf(partsOf(object)));
      const unique = await ask(
        `SELECT 1 FROM unnest($1::text[]) AS name JOIN pg_index ON indexrelid = to_regclass(name) WHERE indisunique`,
        [names],
      );
      if (unique.rows.length === 0) continue;
    }
    throw refusal(
      migration,
      'without a transaction it could not be taken back. Such a one makes or drops indexes that are not unique',
    );
  }
}

function refusal(migration: Migration, why: string): ReasonError {
  const { store, version } = migration;
  return new ReasonError(`MIGRATION_NOT_COMPATIBLE:${store}:${version}`, {
    detail: `${store} ${idOf(migration)} says that it is backward-compatible, and cannot be proved: ${why}`,
  });
}
