import type { Node } from 'libpg-query';
import { allOf, asNode, partsOf, textsOf } from '../parser/syntax-tree.js';

/** Whether more goes than what is named. */
export function cascades(node: Node): boolean {
  const drop = asNode(node, 'DropStmt');
  return (
    drop?.behavior === 'DROP_CASCADE' ||
    allOf(asNode(node, 'AlterTableStmt')?.cmds, 'AlterTableCmd').some(
      ({ behavior }) => behavior === 'DROP_CASCADE',
    )
  );
}

/** Names of the objects that a DROP names, each as its parts. */
export function droppedNames(node: Node): readonly (readonly string[])[] {
  return (asNode(node, 'DropStmt')?.objects ?? []).map((object) => {
    const { objname } = asNode(object, 'ObjectWithArgs') ?? {};
    const { names } = asNode(object, 'TypeName') ?? {};
    const list = objname ?? names;
    return list ? textsOf(list) : partsOf(object);
  });
}
