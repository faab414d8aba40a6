import { isForGood, type Rename } from '../../verdicts/renames.js';
import type { Statement } from '../parser/statements.js';
import { asNode, nameOf, partsOf, relationName, textsOf } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';

/**
 * Whether running builds find another name once the migration is committed: before that they see nothing of it. Of
 * what is renamed several times, the first rename is the one.
 */
export function isRenamedForGood({ statement, migration, schema }: Judgement): boolean {
  const own = renameIn(statement, schema.currentSchema);
  if (!own) return true;
  const place = migration.indexOf(statement);
  const others = (statements: readonly Statement[]) =>
    statements.flatMap((each) => renameIn(each, schema.currentSchema) ?? []);
  const earlier = others(migration.slice(0, place));
  if (earlier.some(({ of, to }) => of === own.of && to === own.from)) return false;
  return isForGood(own, others(migration.slice(place + 1)));
}

function renameIn({ node }: Statement, currentSchema: string): Rename | undefined {
  const { typeName, oldVal: from, newVal = '' } = asNode(node, 'AlterEnumStmt') ?? {};
  if (from !== undefined)
    return { of: `label of ${textsOf(typeName).join('.')}`, from, to: newVal };
  const moved = asNode(node, 'AlterObjectSchemaStmt');
  if (moved) {
    const { relation, object, objectType = '', newschema: to = '' } = moved;
    const parts = relation
      ? [relation.schemaname ?? currentSchema, relation.relname ?? '']
      : partsOf(object);
    const schema = parts.length > 1 ? parts.at(-2) : currentSchema;
    return { of: `schema of ${objectType} ${parts.at(-1) ?? ''}`, from: schema ?? '', to };
  }
  const renamed = asNode(node, 'RenameStmt');
  if (!renamed) return undefined;
  const { renameType = '', relation, object, subname = '', newname: to = '' } = renamed;
  if (relation && (renameType === 'OBJECT_COLUMN' || renameType === 'OBJECT_ATTRIBUTE'))
    return { of: `column of ${relationName(relation)}`, from: subname, to };
  if (relation)
    return { of: `relation in ${relation.schemaname ?? ''}`, from: relation.relname ?? '', to };
  const parts = partsOf(object);
  const of = `${renameType} in ${nameOf(parts.slice(0, -1))}`;
  return { of, from: parts.at(-1) ?? subname, to };
}
