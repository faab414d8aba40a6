import ts from 'typescript';

/**
 * A test file in which everything after the imports is in a block that comes once a mutant: the
 * modules are loaded once for all of them.
 */
export function repeated(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const end = tree.statements.findLast(ts.isImportDeclaration)?.getEnd() ?? 0;
  return `import { describe as describeMutant } from '@jest/globals';
${source.slice(0, end)}
describeMutant.each(globalThis.mutants)('mutant %s', () => {
${source.slice(end)}
});
`;
}
