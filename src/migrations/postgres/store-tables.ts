import type { Migration } from '../migration.js';
import { statementsOf } from './statements.js';
import { textsOf } from './syntax-tree.js';

/** Names of the tables that there are once these migrations have been applied. */
export async function storeTables(migrations: readonly Migration[]): Promise<readonly string[]> {
  const tables = new Set<string>();
  for (const migration of migrations) {
    for (const { node } of await statementsOf(migration)) {
      if ('CreateStmt' in node) tables.add(node.CreateStmt.relation?.relname ?? '');
      if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_TABLE') {
        if (tables.delete(node.RenameStmt.relation?.relname ?? ''))
          tables.add(node.RenameStmt.newname ?? '');
      }
      if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') {
        for (const dropped of node.DropStmt.objects ?? []) {
          const [name] = 'List' in dropped ? textsOf(dropped.List.items).slice(-1) : [];
          if (name !== undefined) tables.delete(name);
        }
      }
    }
  }
  return [...tables];
}
