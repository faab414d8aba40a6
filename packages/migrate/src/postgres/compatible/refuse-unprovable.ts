import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../../migration.js';
import type { Query } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import { asNode, nameOf, partsOf } from '../parser/syntax-tree.js';

/**
 * What runs outside a transaction could not be taken back: of that, only what no statement can notice may say that
 * it is backward-compatible.
 * @throws MIGRATION_NOT_COMPATIBLE:<store>:<version>
 */
export async function refuseUnprovable(
  ask: Query,
  migration: Migration,
  statements: readonly Statement[],
): Promise<void> {
  if (migration.transactional || !migration.backwardCompatible) return;
  for (const { node } of statements) {
    if (asNode(node, 'ReindexStmt') ?? asNode(node, 'VacuumStmt')) continue;
    const index = asNode(node, 'IndexStmt');
    if (index && index.unique !== true) continue;
    const dropped = asNode(node, 'DropStmt');
    if (dropped?.removeType === 'OBJECT_INDEX') {
      const names = (dropped.objects ?? []).map((object) => nameOf(partsOf(object)));
      const unique = await ask(
        `SELECT 1 FROM unnest($1::text[]) AS name JOIN pg_index ON indexrelid = to_regclass(name) WHERE indisunique`,
        [names],
      );
      if (unique.rows.length === 0) continue;
    }
    const { store, version } = migration;
    throw new ReasonError(`MIGRATION_NOT_COMPATIBLE:${store}:${version}`, {
      detail: `${store} ${idOf(migration)} says that it is backward-compatible, and cannot be proved: without a transaction it could not be taken back. Such a one makes or drops indexes that are not unique`,
    });
  }
}
