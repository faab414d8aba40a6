import ts from 'typescript';

/**
 * Where a change is.
 * @returns its line, from 1, and whether it acts only while the module is loaded
 */
export function placeOf(file, source, offset) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const { line } = tree.getLineAndCharacterOfPosition(offset);
  return { line: line + 1, isStatic: !isWithinFunction(tree, offset) };
}

function isWithinFunction(node, offset) {
  return (
    ts.forEachChild(node, (child) => {
      if (offset < child.getStart() || offset >= child.getEnd()) return undefined;
      const body = ts.isFunctionLike(child) ? child.body : undefined;
      if (body && offset >= body.getStart()) return true;
      return isWithinFunction(child, offset);
    }) ?? false
  );
}
